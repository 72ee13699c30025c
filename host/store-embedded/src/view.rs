//! Consistent reads. A commit is published once it is durable: what a view shows
//! cannot be taken back by a power loss.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fjall::Slice;
use pizza_store::StoreError;
use serde::de::DeserializeOwned;

use crate::memory::{Layers, Memory};
use crate::row;
use crate::table::Table;

#[derive(Clone)]
pub(crate) struct View {
    layers: Arc<Layers>,
    /// The last batch that it shows.
    sequence: u64,
}

impl View {
    /// A view of everything staged so far, durable or not.
    pub(crate) fn now(memory: &Memory) -> Self {
        Self {
            layers: memory.layers(),
            sequence: u64::MAX,
        }
    }

    /// A view of everything up to a record that is staged, and of nothing that is staged later.
    pub(crate) fn staged(memory: &Memory, sequence: u64) -> Self {
        // Layers that are newer than the number are good for it, as in `Published::get`.
        Self {
            layers: memory.layers(),
            sequence,
        }
    }

    /// The last batch that it shows.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        self.get_with(table, key, row::decode)
    }

    pub(crate) fn get_with<T>(
        &self,
        table: Table,
        key: &[u8],
        decode: impl FnOnce(Table, &[u8], &[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let found = self.get_row(table, key)?;
        found.map(|value| decode(table, key, &value)).transpose()
    }

    pub(crate) fn get_row(&self, table: Table, key: &[u8]) -> Result<Option<Slice>, StoreError> {
        self.layers.get(table, key, self.sequence)
    }

    /// Rows from `after`, without itself, or from its start to the end of `prefix`, in order.
    pub(crate) fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
    ) -> impl Iterator<Item = Result<(Slice, Slice), StoreError>> + use<> {
        use std::ops::Bound::{Excluded, Included};
        let start = after.map_or(Included(prefix), Excluded);
        let end = crate::key::above(prefix);
        self.layers
            .scan(table, start, end.as_deref(), self.sequence)
    }

    /// Of the rows that [`scan`](Self::scan) gives those that are not in the database yet.
    pub(crate) fn scan_newest(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
    ) -> impl Iterator<Item = Result<(Slice, Slice), StoreError>> + use<> {
        use std::ops::Bound::{Excluded, Included};
        let start = after.map_or(Included(prefix), Excluded);
        let end = crate::key::above(prefix);
        self.layers
            .scan_newest(table, start, end.as_deref(), self.sequence)
    }

    /// The same from the last one back.
    pub(crate) fn scan_newest_back(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> impl Iterator<Item = Result<(Slice, Slice), StoreError>> + use<> {
        let start = std::ops::Bound::Included(prefix);
        let end = crate::key::above(prefix);
        self.layers
            .scan_newest_back(table, start, end.as_deref(), self.sequence)
    }

    /// Whether the row was removed, and the database does not know yet.
    pub(crate) fn is_removed(&self, table: Table, key: &[u8]) -> bool {
        self.layers.get_newest(table, key, self.sequence) == Some(None)
    }

    /// Rows from `from` to `end`, which is not among them, in the order that is asked for.
    pub(crate) fn range(
        &self,
        table: Table,
        from: &[u8],
        end: Option<&[u8]>,
        backwards: bool,
    ) -> Box<dyn Iterator<Item = Result<(Slice, Slice), StoreError>>> {
        // The database refuses to be asked for nothing.
        if end.is_some_and(|end| end <= from) {
            return Box::new(std::iter::empty());
        }
        let from = std::ops::Bound::Included(from);
        if backwards {
            return Box::new(self.layers.scan_back(table, from, end, self.sequence));
        }
        Box::new(self.layers.scan(table, from, end, self.sequence))
    }
}

/// The newest view, which the committer moves on and readers take.
#[derive(Clone)]
pub(crate) struct Published {
    memory: Memory,
    sequence: Arc<AtomicU64>,
}

impl Published {
    pub(crate) fn new(memory: &Memory, sequence: u64) -> Self {
        Self {
            memory: memory.clone(),
            sequence: Arc::new(AtomicU64::new(sequence)),
        }
    }

    /// Shows everything up to this batch.
    pub(crate) fn set(&self, sequence: u64) {
        self.sequence.store(sequence, Ordering::Release);
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    pub(crate) fn get(&self) -> View {
        // In this order: layers that are newer than the number hide nothing of it, and show
        // nothing that is behind it but what the checkpoint has moved, which is durable.
        let sequence = self.sequence();
        View {
            layers: self.memory.layers(),
            sequence,
        }
    }
}
