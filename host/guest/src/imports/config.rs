//! `config`: what the operator set for this actor type.

use super::wit::config::Host;
use crate::host_state::HostState;

impl Host for HostState {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.settings.config.get(&name).cloned())
    }
}
