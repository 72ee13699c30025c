//! The rows of a request in the making: as the record has them that the log gets, and as memory
//! has them, where later requests read them. Most are made before the committer's lock is taken.

use fjall::Slice;

use crate::log::Record;
use crate::memory::Layer;
use crate::table::Table;

/// A row to set (`Some`) or to remove (`None`).
pub(crate) type RowChange = (Table, Slice, Option<Slice>);

pub(crate) struct Changes {
    record: Record,
    rows: Vec<RowChange>,
}

impl Changes {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self {
            record: Record::new(),
            rows: Vec::with_capacity(rows),
        }
    }

    pub(crate) fn put(&mut self, table: Table, key: impl Into<Slice>, value: impl Into<Slice>) {
        self.set(table, key.into(), Some(value.into()));
    }

    pub(crate) fn remove(&mut self, table: Table, key: impl Into<Slice>) {
        self.set(table, key.into(), None);
    }

    pub(crate) fn set(&mut self, table: Table, key: Slice, value: Option<Slice>) {
        self.record.push(table, &key, value.as_deref());
        self.rows.push((table, key, value));
    }

    /// Sets a row that follows from others: memory has it, and the log does not.
    pub(crate) fn follow(&mut self, table: Table, key: Slice, value: Option<Slice>) {
        self.rows.push((table, key, value));
    }

    pub(crate) fn has(&self, table: Table, key: &[u8]) -> bool {
        let is_it = |row: &RowChange| row.0 == table && *row.1 == *key;
        self.rows.iter().any(is_it)
    }

    /// How many bytes the log gets.
    pub(crate) fn bytes(&self) -> usize {
        self.record.bytes()
    }

    /// Puts the rows into memory as those of record `sequence`; `None` when there are none.
    pub(crate) fn apply(mut self, layer: &Layer, sequence: u64) -> Option<Record> {
        if self.rows.is_empty() {
            return None;
        }
        for (table, key, value) in self.rows {
            layer.set(table, sequence, key, value);
        }
        self.record.sequence = sequence;
        Some(self.record)
    }
}
