//! `state`: the actor's own value and its entries. Reads see what the turn has staged.

use pizza_types::State;

use super::wit::state::{Host, Snapshot};
use crate::host_state::HostState;

/// The most names in one answer; for more, a guest asks again after the last one.
const NAMES_MAX: u32 = 1_000;

impl Host for HostState {
    fn get(&mut self) -> wasmtime::Result<Option<Snapshot>> {
        let state = self.context()?.state();
        Ok(state.map(|state| Snapshot {
            schema: state.schema,
            bytes: state.bytes.to_vec(),
        }))
    }

    fn set(&mut self, value: Snapshot) -> wasmtime::Result<()> {
        self.set_state(State {
            schema: value.schema,
            bytes: value.bytes.into(),
        })
    }

    fn clear(&mut self) -> wasmtime::Result<()> {
        self.writable("clear state")?.clear_state();
        Ok(())
    }

    fn get_entry(&mut self, name: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.context()?.entry(&name).map(|bytes| bytes.to_vec()))
    }

    fn set_entry(&mut self, name: String, bytes: Vec<u8>) -> wasmtime::Result<()> {
        self.write_entry(&name, Some(bytes))
    }

    fn remove_entry(&mut self, name: String) -> wasmtime::Result<()> {
        // Otherwise the commit would carry a row to remove that is not there.
        if self.context()?.entry(&name).is_none() {
            return Ok(());
        }
        self.write_entry(&name, None)
    }

    fn list_entries(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Vec<String>> {
        let limit = limit.min(NAMES_MAX) as usize;
        Ok(self
            .context()?
            .entry_names(&prefix, after.as_deref(), limit))
    }
}
