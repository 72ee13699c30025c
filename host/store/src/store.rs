//! What every part of a store has in common, and the store as a whole.

use async_trait::async_trait;
use pizza_types::{Durability, ShardSet};

use crate::actors::ActorStore;
use crate::dead_letters::DeadLetterStore;
use crate::error::StoreError;
use crate::facts::FactStore;
use crate::inspection::InspectionStore;
use crate::log::LogStore;
use crate::reminders::ReminderStore;
use crate::retention::Retention;
use crate::retire::RetireStore;
use crate::streams::StreamStore;

/// The pieces of a backup.
pub type Backup = Box<dyn Iterator<Item = Result<Vec<u8>, StoreError>> + Send>;

/// All that a silo needs from storage. Whoever needs a part of it asks for that part: each is a
/// trait of its own, in the file of its name. Reads see every commit whose ticket has resolved.
///
/// Where a method takes `after` and `limit`, it reads a page: what comes behind `after`, and no
/// more than `limit` of it. A page that is not full is the last one.
#[async_trait]
pub trait Store:
    ActorStore
    + RetireStore
    + LogStore
    + ReminderStore
    + StreamStore
    + DeadLetterStore
    + FactStore
    + InspectionStore
{
    /// What a commit whose ticket has resolved survives.
    fn durability(&self) -> Durability;

    /// Why the store has stopped itself; from then on it refuses everything, until the
    /// process starts again. `None` while it works.
    fn stop_reason(&self) -> Option<String> {
        None
    }

    /// Why there is no room for anything new, while that is so: what needs room is refused with
    /// [`StoreError::Full`] and [`crate::CommitError::Full`], everything else goes on. It ends by itself.
    fn full_reason(&self) -> Option<String> {
        None
    }

    /// Resolves with the reason when the store has stopped itself.
    async fn stopped(&self) -> String {
        std::future::pending().await
    }

    /// Everything there is, as it is at one moment that is durable: pieces of a file, to be written one behind
    /// the other, and of no use behind an error. Whoever asks for the next one waits for the disk.
    /// `created_ms` is the date, in milliseconds since 1970, and stands in the file.
    ///
    /// # Errors
    /// When the store has stopped itself; [`StoreError::Unsupported`] where it is backed up by tools of
    /// its own.
    fn backup(&self, created_ms: u64) -> Result<Backup, StoreError> {
        let _ = created_ms;
        Err(StoreError::Unsupported {
            detail: "this store is backed up by its own tools",
        })
    }

    /// Of these shards, which their guardian looks after (a store that one silo has alone may look at others, too),
    /// forgets dedupe records whose time has come and events that `events` lets go, looking
    /// at no more than about `limit` rows; returns how many events and records went. The newest event
    /// of a (stream, key) stays, and so does its head, unless `events` forgets the key.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn expire(
        &self,
        shards: &ShardSet,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError>;
}
