//! A store that goes back in time: commits of one shard are lost that silos were told of. From then on the
//! shard takes none, as on a store that compares how far it is with how far each silo knows it to be.
//!
//! What a silo was told counts for all of them here: one that was never told of a commit cannot miss it, and
//! nothing could be asked of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_store::{Earlier, MemoryStore};
use pizza_types::ShardId;

/// How far the shards are, and what one of them was.
#[derive(Debug, Default)]
pub struct Rollback(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    counts: BTreeMap<ShardId, Count>,
    earlier: Option<(ShardId, Count, Earlier)>,
    /// The shard that has lost something.
    lost: Option<ShardId>,
}

/// Commits of a shard: those that it has, and those that a silo knows of.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    taken: u64,
    told: u64,
}

impl Rollback {
    /// The store has decided on a commit, and its silo hears of that or not. Each answer says how far the
    /// shard is.
    pub fn decided(&self, shard: ShardId, is_taken: bool, is_told: bool) {
        let mut inside = self.0.lock();
        let count = inside.counts.entry(shard).or_default();
        count.taken += u64::from(is_taken);
        if is_told {
            count.told = count.taken;
        }
    }

    /// Why nothing is opened or committed in the shard, if that is so.
    #[must_use]
    pub fn refusal(&self, shard: ShardId) -> Option<String> {
        let inside = self.0.lock();
        let count = inside.counts.get(&shard)?;
        (count.taken < count.told).then(|| format!("{shard:?} went back in time"))
    }

    /// This is what the shard will go back to.
    pub fn remember(&self, store: &Arc<MemoryStore>, shard: ShardId) {
        let mut inside = self.0.lock();
        let count = inside.counts.get(&shard).copied().unwrap_or_default();
        inside.earlier = Some((shard, count, store.rows_of(shard)));
    }

    /// The shard goes back, if that loses something that a silo was told of: what nobody was told of may be
    /// made again, and be something else.
    pub fn go_back(&self, store: &Arc<MemoryStore>) {
        let mut inside = self.0.lock();
        let Some((shard, earlier, rows)) = inside.earlier.take() else {
            return;
        };
        let count = inside.counts.entry(shard).or_default();
        if count.told > earlier.taken {
            count.taken = earlier.taken;
            store.go_back(rows);
            inside.lost = Some(shard);
        }
    }

    /// The shard that has lost something, if one has.
    #[must_use]
    pub fn lost(&self) -> Option<ShardId> {
        self.0.lock().lost
    }
}
