//! `log`: a guest's words, kept until its turn is over.

use pizza_types::LogLevel;

use super::wit::log::{Host, Level};
use crate::host_state::HostState;

impl Host for HostState {
    fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            Level::Trace => LogLevel::Trace,
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        HostState::log(self, level, &message);
        Ok(())
    }
}
