//! How far the database is: a row of its own, written when all that it speaks of is synced.

use std::path::Path;

use pizza_store::StoreError;

use crate::diagnosis;
use crate::key::{CHECKPOINT, SEQUENCE};
use crate::reserve::Trouble;
use crate::row;
use crate::table::{Database, Table};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
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
        Ok(Self { sequence })
    }

    /// Moves the mark on, durably. It goes the way of the rows: when the database's journal cannot
    /// be written, the database refuses everything for good, for want of room as for any reason.
    pub(crate) fn advance(
        &mut self,
        db: &Database,
        sequence: u64,
        dir: &Path,
    ) -> Result<(), Trouble> {
        let written = || {
            let mut ingestion = db.table(Table::System).start_ingestion()?;
            ingestion.write(CHECKPOINT, row::encode(&sequence))?;
            ingestion.finish()
        };
        written().map_err(|error| {
            let told = format!("a checkpoint failed: {}", diagnosis::explain(&error, dir));
            Trouble::of(&error, told)
        })?;
        self.sequence = sequence;
        Ok(())
    }
}
