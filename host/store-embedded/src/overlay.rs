//! The rows of a batch in the making: each goes into the record that the log gets, and into
//! memory, where later requests read it. Nobody else does before the batch is published.

use std::sync::Arc;

use fjall::Slice;

use crate::log::Record;
use crate::memory::{Layer, Memory};
use crate::table::Table;

/// A row to set (`Some`) or to remove (`None`).
pub(crate) type RowChange = (Table, Vec<u8>, Option<Vec<u8>>);

pub(crate) struct Overlay {
    layer: Arc<Layer>,
    record: Record,
}

impl Overlay {
    /// Begins batch `sequence`. Memory is not sealed while it is made.
    pub(crate) fn new(memory: &Memory, sequence: u64) -> Self {
        Self {
            layer: Arc::clone(memory.layers().active()),
            record: Record::new(sequence),
        }
    }

    pub(crate) fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.set(table, key, Some(value));
    }

    pub(crate) fn remove(&mut self, table: Table, key: Vec<u8>) {
        self.set(table, key, None);
    }

    pub(crate) fn set(&mut self, table: Table, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.record.push(table, &key, value.as_deref());
        let value = value.map(Slice::from);
        let sequence = self.record.sequence;
        self.layer.set(table, sequence, Slice::from(key), value);
    }

    /// `None` when the batch has no rows.
    pub(crate) fn finish(self) -> Option<Record> {
        (!self.record.is_empty()).then_some(self.record)
    }
}
