//! Where actors are kept that leave the store for good.

use std::io;

use async_trait::async_trait;
use pizza_store::StoredActor;
use pizza_types::ActorId;

/// Keeps what leaves the store.
#[async_trait]
pub trait Archive: Send + Sync + 'static {
    /// Keeps actors as they are at the date `at_ms`, in milliseconds since the Unix epoch, durably
    /// before it returns; the times in them are dates, too. The same actor may come again, also
    /// after a start: what was kept and could not be retired is kept once more.
    ///
    /// # Errors
    /// Why they may not have been kept. They stay in the store then, and come again.
    async fn keep(&self, at_ms: u64, actors: Vec<(ActorId, StoredActor)>) -> io::Result<()>;
}

/// For a silo that is told to keep nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoArchive;

#[async_trait]
impl Archive for NoArchive {
    async fn keep(&self, _: u64, _: Vec<(ActorId, StoredActor)>) -> io::Result<()> {
        Ok(())
    }
}
