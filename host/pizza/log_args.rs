//! What is logged, and how.

use std::io::{self, IsTerminal};

use anyhow::Context;
use clap::Args;
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

#[derive(Args)]
pub(crate) struct LogArgs {
    /// What is logged: error, warn, info, debug, trace, or directives like info,actor=debug
    /// [default: info]
    #[arg(long, env = "PIZZA_LOG", value_name = "LEVEL")]
    log: Option<String>,
    /// How: text for people, coloured on a terminal, or json for programs, an object a line
    /// [default: text]
    #[arg(long, env = "PIZZA_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

impl LogArgs {
    /// What is said here stands above what the file says.
    pub(crate) fn set(self, config: &mut Config) {
        if let Some(log) = self.log {
            config.log = log;
        }
        config.log_format = self.log_format.unwrap_or(config.log_format);
    }
}

/// Writes log lines to the standard error: the standard output is for answers and for the banner.
///
/// # Errors
/// When what the configuration says is no log filter.
pub(crate) fn log_to_stderr(config: &Config) -> anyhow::Result<()> {
    let log = &config.log;
    let filter = EnvFilter::try_new(log);
    let filter = filter.with_context(|| {
        format!("{log:?} is no log filter; \"info\" is one, and \"warn,actor=debug\"")
    })?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match config.log_format {
        // What is read by a pager, a file or a supervisor shall not be full of escapes; NO_COLOR is
        // what people set who want none anywhere (no-color.org).
        LogFormat::Text => lines
            .with_ansi(io::stderr().is_terminal() && !is_set("NO_COLOR"))
            .init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    Ok(())
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}
