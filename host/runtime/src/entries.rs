//! The entries of an actor in memory: all of them while they are few, and otherwise what was written
//! and read of late, over what the store has.
//!
//! What is held lies in two generations. Writes go to the newer one; when that is full, it becomes
//! the older one, which is dropped as soon as every commit that wrote to it is durable: the store
//! shows it then. So nothing is evicted that the store does not have yet, and no entry needs a mark
//! that says when it was written.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use pizza_guest::{Entries, StoredEntries};
use pizza_store::{EntryView, StoreError};
use pizza_types::{CallError, EntryLimit, EntryMap, EntryPage, EntryRange, EntryWrite};

/// How many bytes a generation has when it is full, and so half of what an actor at rest has of
/// its entries in memory at most.
const GENERATION_BYTES: usize = 1 << 20;
/// How many bytes of what was read from the store are kept for the next turn.
const READ_BYTES_MAX: usize = 256 << 10;

/// The entries of an actor in memory.
#[derive(Default)]
pub(crate) struct Held {
    newer: EntryMap,
    older: EntryMap,
    /// The last version that wrote to the older generation; absent while there is none.
    sealed: Option<u64>,
    /// What was read since the last commit; absent while all entries are in memory.
    read: Option<Arc<Read>>,
    /// While all entries are in memory, and have become too many: the version since which it is
    /// noted what was removed.
    notes_since: Option<u64>,
}

/// What turns have read from the store: the entries as they are until the next commit.
#[derive(Default)]
struct Read(Mutex<(u64, EntryMap)>);

impl Held {
    /// What an opening gave at this version; `more` says whether there is more.
    pub(crate) fn opened(entries: EntryMap, more: bool, version: u64) -> Self {
        Self {
            newer: entries,
            read: more.then(|| Read::at(version)),
            ..Self::default()
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.read.is_none() && self.newer.is_empty()
    }

    /// The entries as they are now, at this version, for as long as somebody reads them. `view` is
    /// what the store has of them now.
    pub(crate) fn now(
        &self,
        version: u64,
        view: impl FnOnce() -> Result<Arc<dyn EntryView>, StoreError>,
    ) -> Entries {
        let Some(read) = &self.read else {
            return Entries::all(self.newer.clone());
        };
        // Taken together with what is held: the store shows at least what was dropped here, and
        // nothing that comes later. What of it is held too, is held as it is.
        let rest = Stored {
            view: view(),
            read: Arc::clone(read),
            version,
        };
        Entries::some(self.newer.clone(), self.older.clone(), Arc::new(rest))
    }

    /// Moves on by the commit that makes `version`; commits up to `durable` are.
    pub(crate) fn write(&mut self, writes: &[EntryWrite], version: u64, durable: u64) {
        // First: what is written was read before it.
        if let Some(read) = &self.read {
            read.move_to(version, &mut self.newer);
        }
        for EntryWrite { name, bytes } in writes {
            // Where nobody asks the store, an entry that is not here is nowhere.
            if bytes.is_none() && self.read.is_none() && self.notes_since.is_none() {
                self.newer.forget(name);
            } else {
                self.newer.set(Arc::clone(name), bytes.clone());
            }
        }
        if self.sealed.is_some_and(|sealed| sealed <= durable) {
            self.older = EntryMap::default();
            self.sealed = None;
        }
        if self.sealed.is_none() && self.newer.bytes() > GENERATION_BYTES {
            self.seal(version, durable);
        }
    }

    fn seal(&mut self, version: u64, durable: u64) {
        if self.read.is_none() {
            // Not yet: the store may still show what was removed and is not noted here.
            if *self.notes_since.get_or_insert(version) > durable {
                return;
            }
            self.notes_since = None;
            self.read = Some(Read::at(version));
        }
        self.older = std::mem::take(&mut self.newer);
        self.sealed = Some(version);
    }

    /// What they take in memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let read = self.read.as_ref().map_or(0, |read| read.0.lock().1.bytes());
        size_of::<Self>() + self.newer.bytes() + self.older.bytes() + read
    }
}

impl Read {
    fn at(version: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new((version, EntryMap::default()))))
    }

    /// What was read at this version; nothing when the actor has moved on since.
    fn get(&self, version: u64, name: &str) -> Option<Option<Bytes>> {
        let read = self.0.lock();
        let known = read.1.get(name).filter(|_| read.0 == version);
        known.map(|bytes| bytes.cloned())
    }

    fn note(&self, version: u64, name: &Arc<str>, bytes: &Option<Bytes>) {
        let mut read = self.0.lock();
        // A query may still read at a version that has passed.
        if read.0 == version && read.1.bytes() < READ_BYTES_MAX {
            read.1.set(Arc::clone(name), bytes.clone());
        }
    }

    fn move_to(&self, version: u64, held: &mut EntryMap) {
        let mut read = self.0.lock();
        let all = EntryRange::with_prefix("", None);
        for (name, bytes) in read.1.range(&all) {
            held.set(Arc::clone(name), bytes.cloned());
        }
        *read = (version, EntryMap::default());
    }
}

/// What is not in memory, as a turn or a query reads it.
struct Stored {
    view: Result<Arc<dyn EntryView>, StoreError>,
    read: Arc<Read>,
    /// The version at which it is read.
    version: u64,
}

impl Stored {
    fn view(&self) -> Result<&dyn EntryView, CallError> {
        let view = self.view.as_ref();
        view.map(|view| &**view).map_err(unreadable)
    }
}

#[async_trait]
impl StoredEntries for Stored {
    async fn get(
        &self,
        names: &[Arc<str>],
        bytes_max: usize,
    ) -> Result<Vec<Option<Bytes>>, CallError> {
        // Those that were read before, as long as there are only such.
        let before = names
            .iter()
            .map_while(|name| self.read.get(self.version, name));
        let before: Vec<_> = before.collect();
        if !before.is_empty() {
            return Ok(before);
        }
        let found = self.view()?.get(names, bytes_max).await;
        let found = found.map_err(|error| unreadable(&error))?;
        for (name, bytes) in names.iter().zip(&found) {
            self.read.note(self.version, name, bytes);
        }
        Ok(found)
    }

    async fn range(&self, range: &EntryRange, limit: EntryLimit) -> Result<EntryPage, CallError> {
        let page = self.view()?.range(range, limit).await;
        page.map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &StoreError) -> CallError {
    let detail = error.to_string();
    CallError::Store { detail }
}

#[cfg(test)]
mod tests;
