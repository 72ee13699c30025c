//! The store: its parts, one file each.

mod actors;
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
use pizza_store::{Retention, Store, StoreError};
use pizza_types::{Durability, ShardId, ShardSet};
use redis::{Cmd, Value};
use tokio::sync::watch;

use crate::address::Address;
use crate::lane::{Lane, Lanes};
use crate::options::Options;
use crate::queues::Answer;
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
    /// For heartbeats alone: a silo that is busy is not dead.
    of_membership: Lane,
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
        let topology = Topology::read(address).await;
        let topology =
            topology.map_err(|error| wrong(format!("the store cannot be reached: {error}")))?;
        let durability = settings::durability(&topology, options.may_forget).await;
        let durability = durability.map_err(|detail| StoreError::Io {
            action: "using the store",
            detail,
        })?;
        let scripts = Arc::new(Scripts::new());
        let lanes = Arc::new(Lanes::begin(&topology, &scripts, options.lanes));
        let told = Arc::new(told);
        Ok(Self {
            of_membership: Lane::begin(topology, Arc::clone(&scripts)),
            durability,
            stopped: watch::Sender::new(None),
            rollbacks: Arc::new(Rollbacks {
                lanes: Arc::clone(&lanes),
                scripts: Arc::clone(&scripts),
                told: Arc::clone(&told),
                rollback: options.rollback,
                accepted: AtomicU64::new(0),
            }),
            lanes,
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

    /// Asks about the cluster itself, past all that waits.
    async fn ask_of_membership(&self, command: Cmd) -> Result<Value, StoreError> {
        self.of_membership.ask(Tag::META, command).await.map_err(io)
    }

    /// Asks every shard at once; the answers are in the order of the shards.
    async fn ask_all(
        &self,
        command: impl Fn(ShardId) -> Cmd,
    ) -> Result<Vec<(ShardId, Value)>, StoreError> {
        self.ask_of(&ShardSet::ALL, command).await
    }

    /// Asks these shards at once; the answers are in the order of the shards.
    async fn ask_of(
        &self,
        of: &ShardSet,
        command: impl Fn(ShardId) -> Cmd,
    ) -> Result<Vec<(ShardId, Value)>, StoreError> {
        let asked = of.iter().map(|shard| {
            let answer = self.queue(shard, command(shard));
            async move { Ok((shard, answer.await.map_err(io)?)) }
        });
        try_join_all(asked).await
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

    async fn expire(
        &self,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.sweep(now_ms, events, limit).await
    }
}
