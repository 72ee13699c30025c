//! `state`: the actor's own value and its entries. Reads see what the turn has staged.

use bytes::Bytes;
use pizza_types::State;

use super::wit::state::{Host, Snapshot};
use crate::error::GuestError;
use crate::host_state::HostState;

/// The most names in one answer; for more, a guest asks again after the last one.
const NAMES_MAX: u32 = 1_000;
/// The most bytes of entries in one answer with several, unless one alone has more.
const RANGE_BYTES_MAX: usize = 1 << 20;
/// The most bytes of entries that were asked for by their names.
const ANSWER_BYTES_MAX: usize = 8 << 20;

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

    fn get_entries(&mut self, names: Vec<String>) -> wasmtime::Result<Vec<Option<Vec<u8>>>> {
        if names.len() > NAMES_MAX as usize {
            let what = "a question for more than a thousand entries";
            let why = "they are to be asked for in parts".to_owned();
            return Err(self.stop(GuestError::Refused { what, why }));
        }
        let context = self.context()?;
        let entries = names.iter().map(|name| context.entry(name));
        let entries: Vec<Option<&Bytes>> = entries.collect();
        let bytes: usize = entries.iter().flatten().map(|bytes| bytes.len()).sum();
        // The same large one may be asked for a thousand times.
        if bytes > ANSWER_BYTES_MAX {
            let (what, limit) = ("an answer with entries", ANSWER_BYTES_MAX);
            return Err(self.stop(GuestError::TransferTooLarge { what, limit }));
        }
        let entries = entries.into_iter();
        Ok(entries
            .map(|bytes| bytes.map(|bytes| bytes.to_vec()))
            .collect())
    }

    fn range_entries(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Vec<(String, Vec<u8>)>> {
        let limit = limit.min(NAMES_MAX) as usize;
        let context = self.context()?;
        let names = context.entry_names(&prefix, after.as_deref(), limit);
        Ok(context.entry_range(names, RANGE_BYTES_MAX))
    }
}
