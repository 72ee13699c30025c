//! Shards that went back in time, and how they go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pizza_types::ShardId;
use redis::Cmd;

use crate::key;
use crate::lane::Lanes;
use crate::options::Rollback;
use crate::queues::LaneError;
use crate::script::{Scripts, call};
use crate::tag::Tag;
use crate::told::Told;
use crate::value::number;

/// Below these bits of a shard's count are its commits, above them its incarnation.
const INCARNATION_BITS: u32 = 40;

/// Gives shards new incarnations.
pub(crate) struct Rollbacks {
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) scripts: Arc<Scripts>,
    pub(crate) told: Arc<Told>,
    pub(crate) rollback: Rollback,
    /// How often a loss was accepted without being asked.
    pub(crate) accepted: AtomicU64,
}

impl Rollbacks {
    /// Whether a shard that is behind goes on. Where it does, it has a new incarnation now, of whoever
    /// was first to give it one.
    ///
    /// # Errors
    /// When that cannot be done.
    pub(crate) async fn goes_on(&self, shard: ShardId) -> Result<bool, LaneError> {
        if self.rollback == Rollback::Stop {
            return Ok(false);
        }
        let told = self.told.of(shard);
        let command = self.command(shard, Some(told));
        let said = self.lanes.ask(Tag::from(shard), command).await?;
        let incarnation = number(said).unwrap_or(0);
        if incarnation > 0 {
            self.accepted.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(
                shard = shard.0,
                incarnation,
                told,
                "a shard went back in time, and goes on without what it lacks"
            );
        }
        Ok(true)
    }

    /// Gives a shard a new incarnation, if its count is below this.
    pub(crate) fn command(&self, shard: ShardId, below: Option<u64>) -> Cmd {
        let mut command = call(&self.scripts.accept_loss, &[key::of_shard(shard, "c")]);
        command.arg(self.told.of(shard) >> INCARNATION_BITS);
        match below {
            Some(count) => command.arg(count),
            None => command.arg(""),
        };
        command
    }
}
