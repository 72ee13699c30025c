//! The store: its parts, one file each.

mod actors;
mod cells;
mod commit;
mod dead_letters;
mod entries;
mod expire;
mod facts;
mod inspection;
mod log;
mod membership;
mod reminders;
mod retire;
mod streams;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures_util::future::try_join_all;
use parking_lot::Mutex;
use pizza_store::{Backup, Retention, Store, StoreError};
use pizza_types::{Durability, ShardId, ShardSet};
use redis::{Cmd, Value};
use tokio::sync::watch;

use crate::address::Address;
use crate::dial::Dial;
use crate::lane::{Lane, Lanes};
use crate::membership::RedisMembership;
use crate::options::Options;
use crate::queues::Answer;
use crate::replicas::Replicas;
use crate::rollback::Rollbacks;
use crate::script::{Scripts, call};
use crate::settings;
use crate::tag::Tag;
use crate::told::Told;
use crate::topology::Topology;
use crate::value::io;

/// The store on Redis.
pub struct RedisStore {
    lanes: Arc<Lanes>,
    /// What is asked of many shards at once: it goes together, and no commit waits behind it.
    looks: Lane,
    /// The view of the cluster, past all that waits.
    membership: RedisMembership,
    topology: Arc<Topology>,
    scripts: Arc<Scripts>,
    durability: Durability,
    /// Why nothing more is asked of it, once that is so.
    stopped: watch::Sender<Option<String>>,
    /// How far the shards were.
    told: Arc<Told>,
    rollbacks: Arc<Rollbacks>,
    /// Where the last sweep stopped: the next one goes on with the shard behind it.
    swept: Mutex<u16>,
}

impl RedisStore {
    /// Connects to a server, a cluster, or what sentinels name.
    ///
    /// # Errors
    /// When the address is none, nobody answers there, or a server's settings are such that it would
    /// lose what it is told.
    pub async fn connect(options: &Options) -> Result<Self, StoreError> {
        let wrong = |detail: String| StoreError::Io {
            action: "connecting to the store",
            detail,
        };
        let told = match &options.told {
            None => Told::nothing(),
            Some(path) => Told::kept_in(path).map_err(|error| StoreError::Io {
                action: "reading how far the store was",
                detail: format!("{}: {error}", path.display()),
            })?,
        };
        let address = Address::parse(&options.url).map_err(|error| wrong(error.to_string()))?;
        let dial = Dial::new(address, options.tls.as_ref());
        let dial = dial.map_err(|fault| wrong(fault.to_owned()))?;
        let topology = Topology::read(dial).await;
        let topology =
            topology.map_err(|error| wrong(format!("the store cannot be reached: {error}")))?;
        let durability = settings::durability(&topology, options.may_forget).await;
        let durability = durability.map_err(|detail| StoreError::Io {
            action: "using the store",
            detail,
        })?;
        let replicas = Replicas(options.replicas);
        let durability = match (options.replicas, durability) {
            // A primary that starts again with less than it had takes that away from its replicas, too.
            (count @ 1.., Durability::Fsync) => Durability::Replicated(count),
            (_, durability) => durability,
        };
        let scripts = Arc::new(Scripts::new());
        let lanes = Lanes::begin(&topology, &scripts, options.lanes, replicas);
        let lanes = Arc::new(lanes);
        let looks = Lane::begin(Arc::clone(&topology), Arc::clone(&scripts), replicas);
        let told = Arc::new(told);
        let rollbacks = Arc::new(Rollbacks {
            lanes: Arc::clone(&lanes),
            scripts: Arc::clone(&scripts),
            told: Arc::clone(&told),
            rollback: options.rollback,
            accepted: AtomicU64::new(0),
        });
        Ok(Self {
            membership: RedisMembership::begin(&topology, &scripts, &rollbacks),
            topology,
            durability,
            stopped: watch::Sender::new(None),
            rollbacks,
            lanes,
            looks,
            told,
            swept: Mutex::new(0),
            scripts,
        })
    }

    /// How often a shard that went back in time was given a new incarnation without an operator, since
    /// this store was connected.
    #[must_use]
    pub fn losses_accepted(&self) -> u64 {
        self.rollbacks.accepted.load(Ordering::Relaxed)
    }

    /// The view and the heartbeats on a connection of their own, which belongs to the runtime that first asks for
    /// something: so it works while others are busy, whatever they do.
    #[must_use]
    pub fn of_membership(&self) -> RedisMembership {
        RedisMembership::begin(&self.topology, &self.scripts, &self.rollbacks)
    }

    /// From now on the store says that it has stopped: this silo is not to use it any more.
    pub fn stop(&self, reason: &str) {
        self.stopped.send_replace(Some(reason.to_owned()));
    }

    /// Queues a command for a shard: those of one shard go in their order.
    fn queue(&self, shard: ShardId, command: Cmd) -> impl Future<Output = Answer> + Send + use<> {
        self.queue_for(Tag::from(shard), command)
    }

    fn queue_for(&self, tag: Tag, command: Cmd) -> impl Future<Output = Answer> + Send + use<> {
        self.lanes.ask(tag, command)
    }

    async fn ask(&self, shard: ShardId, command: Cmd) -> Result<Value, StoreError> {
        self.queue(shard, command).await.map_err(io)
    }

    /// Asks for what belongs to no shard.
    async fn ask_meta(&self, command: Cmd) -> Result<Value, StoreError> {
        self.queue_for(Tag::META, command).await.map_err(io)
    }

    /// Asks every shard at once; the answers are in the order of the shards.
    async fn ask_all(
        &self,
        command: impl Fn(ShardId) -> Cmd,
    ) -> Result<Vec<(ShardId, Value)>, StoreError> {
        self.ask_of(&ShardSet::ALL, command).await
    }

    /// Asks these shards at once; the answers are in the order of the shards. What was acknowledged before is in
    /// them, what is under way may not be: it goes over other connections.
    async fn ask_of(
        &self,
        of: &ShardSet,
        command: impl Fn(ShardId) -> Cmd,
    ) -> Result<Vec<(ShardId, Value)>, StoreError> {
        let asked = of.iter().map(|shard| {
            let answer = self.looked_at(shard, command(shard));
            async move { Ok((shard, answer.await?)) }
        });
        try_join_all(asked).await
    }

    /// What is one of many such questions.
    async fn looked_at(&self, shard: ShardId, command: Cmd) -> Result<Value, StoreError> {
        self.looks.ask(Tag::from(shard), command).await.map_err(io)
    }
}

#[async_trait]
impl Store for RedisStore {
    fn durability(&self) -> Durability {
        self.durability
    }

    fn stop_reason(&self) -> Option<String> {
        self.stopped.borrow().clone()
    }

    async fn stopped(&self) -> String {
        let mut stopped = self.stopped.subscribe();
        // The sender is part of `self`, so it is alive.
        let _ = stopped.wait_for(Option::is_some).await;
        self.stop_reason().unwrap_or_default()
    }

    fn backup(&self, _created_ms: u64) -> Result<Backup, StoreError> {
        Err(StoreError::Unsupported {
            detail: "this silo's store is a Redis, which is backed up by its own tools: docs/backup.md has the \
                     commands",
        })
    }

    async fn expire(
        &self,
        shards: &ShardSet,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.sweep(shards, now_ms, events, limit).await
    }
}
