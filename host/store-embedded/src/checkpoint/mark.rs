//! How far the database is: a row of its own, written when all that it speaks of is synced.

use std::path::Path;

use fjall::{OwnedWriteBatch, PersistMode};
use pizza_store::StoreError;

use crate::diagnosis;
use crate::key::{CHECKPOINT, SEQUENCE};
use crate::row;
use crate::table::{Database, Table};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    /// The number of the last batch in the database's journal: they must number on.
    batch: u64,
    /// The number up to which everything in the log lies in the database.
    pub(crate) sequence: u64,
}

impl Mark {
    pub(crate) fn read(db: &Database) -> Result<Self, StoreError> {
        let number = db.get(Table::System, SEQUENCE)?;
        let number = number.map(|row| row::decode::<(u64, u64)>(Table::System, SEQUENCE, &row));
        let batch = number.transpose()?.map_or(0, |(batch, _)| batch);
        let mark = db.get(Table::System, CHECKPOINT)?;
        let mark = mark.map(|row| row::decode(Table::System, CHECKPOINT, &row));
        // Without a mark it is of the format that had no log: there each batch was a commit's.
        let sequence = mark.transpose()?.unwrap_or(batch);
        Ok(Self { batch, sequence })
    }

    /// Moves the mark on, durably.
    pub(super) fn advance(
        &mut self,
        db: &Database,
        sequence: u64,
        dir: &Path,
    ) -> Result<(), String> {
        self.batch += 1;
        self.sequence = sequence;
        // With the number that the database will give the batch: at least this one.
        let number = row::encode(&(self.batch, db.fjall().seqno()));
        let system = db.table(Table::System);
        let mut batch = OwnedWriteBatch::with_capacity(db.fjall().clone(), 2);
        batch.insert(system, SEQUENCE, number);
        batch.insert(system, CHECKPOINT, row::encode(&sequence));
        let written = batch.commit();
        let written = written.and_then(|()| db.fjall().persist(PersistMode::SyncAll));
        written.map_err(|e| format!("a checkpoint failed: {}", diagnosis::explain(&e, dir)))
    }
}
