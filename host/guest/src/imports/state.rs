//! `state`: the actor's own value and its entries. Reads see what the turn has staged.

use bytes::Bytes;
use pizza_types::{CallError, Effect, EntryLimit, EntryPage, EntryRange, State};

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

    fn end(&mut self) -> wasmtime::Result<()> {
        self.effect(Effect::End)
    }

    async fn get_entry(&mut self, name: String) -> wasmtime::Result<Option<Vec<u8>>> {
        if let Some(known) = self.context()?.known_entry(&name) {
            return Ok(known.map(|bytes| bytes.to_vec()));
        }
        let mut found = self.read_entries(&[name]).await?;
        Ok(found.pop().flatten().map(Vec::from))
    }

    fn set_entry(&mut self, name: String, bytes: Vec<u8>) -> wasmtime::Result<()> {
        self.write_entry(&name, Some(bytes))
    }

    fn remove_entry(&mut self, name: String) -> wasmtime::Result<()> {
        // Otherwise the commit would carry a row to remove that is not there. Where nobody knows,
        // it does: to ask would cost more.
        if self.context()?.known_entry(&name) == Some(None) {
            return Ok(());
        }
        self.write_entry(&name, None)
    }

    async fn list_entries(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Vec<String>> {
        let range = EntryRange::with_prefix(&prefix, after.as_deref());
        let limit = limit.min(NAMES_MAX) as usize;
        let (mut names, mut left) = (Vec::new(), range);
        // In parts: what the names stand for is read with them, and only so much of it is held.
        loop {
            let room = limit - names.len();
            let page = self.read_range(&left, room, RANGE_BYTES_MAX).await?;
            let Some((last, _)) = page.entries.last() else {
                break;
            };
            left = left.past(last);
            names.extend(page.entries.iter().map(|(name, _)| name.to_string()));
            if !page.more || names.len() >= limit {
                break;
            }
        }
        Ok(names)
    }

    async fn get_entries(&mut self, names: Vec<String>) -> wasmtime::Result<Vec<Option<Vec<u8>>>> {
        if names.len() > NAMES_MAX as usize {
            let what = "a question for more than a thousand entries";
            let why = "they are to be asked for in parts".to_owned();
            return Err(self.stop(GuestError::Refused { what, why }));
        }
        let entries = self.read_entries(&names).await?.into_iter();
        Ok(entries.map(|bytes| bytes.map(Vec::from)).collect())
    }

    async fn range_entries(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Vec<(String, Vec<u8>)>> {
        let range = EntryRange::with_prefix(&prefix, after.as_deref());
        self.entries_in(&range, limit).await
    }

    async fn scan_entries(
        &mut self,
        from: String,
        to: Option<String>,
        backwards: bool,
        limit: u32,
    ) -> wasmtime::Result<Vec<(String, Vec<u8>)>> {
        let range = EntryRange {
            from,
            to,
            backwards,
        };
        self.entries_in(&range, limit).await
    }
}

impl HostState {
    async fn entries_in(
        &mut self,
        range: &EntryRange,
        limit: u32,
    ) -> wasmtime::Result<Vec<(String, Vec<u8>)>> {
        let limit = limit.min(NAMES_MAX) as usize;
        let page = self.read_range(range, limit, RANGE_BYTES_MAX).await?;
        let entries = page.entries.into_iter();
        Ok(entries
            .map(|(name, bytes)| (name.to_string(), Vec::from(bytes)))
            .collect())
    }

    async fn read_range(
        &mut self,
        range: &EntryRange,
        entries: usize,
        bytes: usize,
    ) -> wasmtime::Result<EntryPage> {
        let limit = EntryLimit { entries, bytes };
        // What the host computes for it is charged to the turn; that it waits is not.
        let found = self.context()?.entry_range(range, limit).await;
        found.map_err(|error| self.unreadable(&error))
    }

    async fn read_entries(&mut self, names: &[String]) -> wasmtime::Result<Vec<Option<Bytes>>> {
        let found = self.context()?.get_entries(names, ANSWER_BYTES_MAX).await;
        // The same large one may be asked for a thousand times.
        found
            .map_err(|error| self.unreadable(&error))?
            .ok_or_else(|| {
                let (what, limit) = ("an answer with entries", ANSWER_BYTES_MAX);
                self.stop(GuestError::TransferTooLarge { what, limit })
            })
    }

    fn unreadable(&mut self, error: &CallError) -> wasmtime::Error {
        self.stop(GuestError::Entries(error.to_string()))
    }
}
