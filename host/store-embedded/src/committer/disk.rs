//! What stands between the committer and the disk; tests put a failing one there.

use std::path::PathBuf;
use std::sync::Arc;

use fjall::{OwnedWriteBatch, PersistMode};
use pizza_types::Durability;

use crate::diagnosis;
use crate::table::Database;

pub(crate) trait Disk: Send {
    /// Hands the batch to the operating system. When this fails, it may or may not be there.
    fn write(&mut self, batch: OwnedWriteBatch) -> Result<(), String>;

    /// Makes everything written so far as durable as was asked for.
    fn sync(&mut self) -> Result<(), String>;
}

/// The disk as it is in earnest: the database's journal.
pub(crate) struct Journal {
    pub(crate) db: Arc<Database>,
    /// The store's directory.
    pub(crate) dir: PathBuf,
    pub(crate) durability: Durability,
}

impl Disk for Journal {
    fn write(&mut self, batch: OwnedWriteBatch) -> Result<(), String> {
        let written = batch.commit();
        written
            .map_err(|error| format!("a write failed: {}", diagnosis::explain(&error, &self.dir)))
    }

    fn sync(&mut self) -> Result<(), String> {
        // `write` has handed it to the operating system, which is all that was asked for.
        if self.durability < Durability::Fsync {
            return Ok(());
        }
        let synced = self.db.fjall().persist(PersistMode::SyncData);
        synced
            .map_err(|error| format!("an fsync failed: {}", diagnosis::explain(&error, &self.dir)))
    }
}
