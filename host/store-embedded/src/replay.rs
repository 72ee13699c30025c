//! The rows of the log go into memory again when the store opens, and with them those that follow
//! from others, which the log does not have. Logs of before have them; there they are passed over.

use std::sync::Arc;

use fjall::Slice;
use pizza_store::StoreError;

use crate::due;
use crate::log::Row;
use crate::memory::{Layer, Memory};
use crate::row;
use crate::table::Table;
use crate::view::View;

pub(crate) struct Replay {
    /// All that is replayed so far.
    now: View,
    layer: Arc<Layer>,
    /// The number of the last record.
    sequence: u64,
    /// What is wrong with a row.
    unreadable: Option<StoreError>,
}

impl Replay {
    pub(crate) fn new(memory: &Memory, sequence: u64) -> Self {
        Self {
            now: View::now(memory),
            layer: Arc::clone(memory.layers().active()),
            sequence,
            unreadable: None,
        }
    }

    pub(crate) fn row(&mut self, number: u64, (table, key, value): Row<'_>) {
        self.sequence = number;
        let value = value.map(Slice::from);
        match table {
            Table::StreamHeads | Table::RemindersDue => return,
            Table::Reminders => {
                if let Err(error) = self.follow(key, value.as_ref()) {
                    self.unreadable.get_or_insert(error);
                }
            }
            _ => {}
        }
        self.layer.set(table, number, key.into(), value);
    }

    fn follow(&self, key: &[u8], value: Option<&Slice>) -> Result<(), StoreError> {
        let before = due::of(&self.now, key)?;
        let reminder = value.map(|row| row::decode_reminder(Table::Reminders, key, row));
        let reminder = reminder.transpose()?;
        for (key, value) in due::changes(key, before, reminder.as_ref().zip(value)) {
            self.layer
                .set(Table::RemindersDue, self.sequence, key, value);
        }
        Ok(())
    }

    /// The number of the last record.
    ///
    /// # Errors
    /// When a row was not what it should be.
    pub(crate) fn end(self) -> Result<u64, StoreError> {
        self.unreadable.map_or(Ok(self.sequence), Err)
    }
}
