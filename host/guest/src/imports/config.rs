//! `config`: what the operator set for this actor type.

use super::wit::config::Host;
use crate::desk::Desk;

impl Host for Desk {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.settings.config.get(&name).cloned())
    }
}
