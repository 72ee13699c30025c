//! The store as one silo reaches it: it takes its time, loses requests and answers, is away, and makes
//! the mistakes that are planted in it.

mod actors;
mod others;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use pizza_store::{
    Heartbeats, MembershipStore, MemoryStore, Retention, Store, StoreError, StoredActor, View,
};
use pizza_types::{ActorId, Durability, ShardSet, SiloId};
use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::plan::Odds;
use crate::planted::Planted;
use crate::rollback::Rollback;
use crate::trace::Trace;

pub struct SimStore {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) odds: Odds,
    pub(crate) rng: Mutex<StdRng>,
    /// The name of the silo.
    pub(crate) name: &'static str,
    /// Whether this silo cannot reach it.
    pub(crate) away: Arc<AtomicBool>,
    pub(crate) rollback: Arc<Rollback>,
    pub(crate) planted: Planted,
    pub(crate) trace: Trace,
    /// What was read of actors when they were opened, for those who believe it.
    pub(crate) opened: Mutex<BTreeMap<ActorId, StoredActor>>,
    /// The reminders that this silo fires no more, where it judges by itself.
    pub(crate) dropped: Mutex<BTreeSet<(ActorId, u64)>>,
    /// The last commit of each actor that was applied, by its version, for those who apply it again.
    pub(crate) applied: Mutex<BTreeMap<ActorId, u64>>,
}

impl SimStore {
    fn is_now(&self, thousandths: u32) -> bool {
        self.rng.lock().random_range(0..1_000) < thousandths
    }

    /// Why the store takes nothing for an actor whose shard went back in time.
    fn refusal(&self, actor: &ActorId) -> Option<String> {
        let is_noticed = self.planted != Planted::RollbackUnnoticed;
        let refusal = is_noticed.then(|| self.rollback.refusal(actor.shard()));
        refusal.flatten()
    }

    fn takes(&self) -> Duration {
        let ms = self.rng.lock().random_range(0..=self.odds.store_ms_max);
        Duration::from_millis(ms)
    }

    /// A request goes there, or an answer comes back.
    async fn trip(&self) -> Result<(), StoreError> {
        tokio::time::sleep(self.takes()).await;
        if self.away.load(Ordering::Relaxed) {
            // As long as it takes a client to find that out.
            tokio::time::sleep(Duration::from_millis(100)).await;
            return Err(StoreError::Io {
                action: "a request",
                detail: "the store is away".to_owned(),
            });
        }
        Ok(())
    }
}

#[async_trait]
impl MembershipStore for SimStore {
    async fn heartbeat(&self, silo: &SiloId) -> Result<Heartbeats, StoreError> {
        self.trip().await?;
        let answer = self.inner.heartbeat(silo).await;
        self.trip().await?;
        answer
    }

    async fn view(&self) -> Result<View, StoreError> {
        self.trip().await?;
        self.inner.view().await
    }

    async fn change_view(&self, from: u64, to: &View) -> Result<bool, StoreError> {
        self.trip().await?;
        let answer = self.inner.change_view(from, to).await;
        if answer == Ok(true) {
            let members = || to.members.keys().map(|silo| silo.to_string());
            self.trace
                .note(|| format!("view {} {:?}", to.version, members().collect::<Vec<_>>()));
        }
        self.trip().await?;
        answer
    }
}

#[async_trait]
impl Store for SimStore {
    fn durability(&self) -> Durability {
        self.inner.durability()
    }

    async fn expire(
        &self,
        shards: &ShardSet,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.trip().await?;
        self.inner.expire(shards, now_ms, events, limit).await
    }
}
