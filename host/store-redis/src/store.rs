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

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use parking_lot::Mutex;
use pizza_store::{Retention, Store, StoreError};
use pizza_types::{Durability, ShardId, ShardSet};
use redis::{Client, Cmd, Value};
use tokio::sync::watch;

use crate::lane::Lane;
use crate::options::{self, Options};
use crate::script::{Known, Scripts};
use crate::told::Told;
use crate::value::{io, pairs};

/// The store on Redis.
pub struct RedisStore {
    lanes: Vec<Lane>,
    /// For heartbeats alone: a silo that is busy is not dead.
    of_membership: Lane,
    scripts: Arc<Scripts>,
    durability: Durability,
    /// Why nothing more is asked of it, once that is so.
    stopped: watch::Sender<Option<String>>,
    /// How far the shards were.
    told: Arc<Told>,
    /// Where the last sweep stopped: the next one goes on with the shard behind it.
    swept: Mutex<u16>,
}

impl RedisStore {
    /// Connects to a server.
    ///
    /// # Errors
    /// When the address is none, or nobody answers there.
    pub async fn connect(options: &Options) -> Result<Self, StoreError> {
        let wrong = |error: redis::RedisError| StoreError::Io {
            action: "connecting to the store",
            detail: error.to_string(),
        };
        let told = match &options.told {
            None => Told::nothing(),
            Some(path) => Told::kept_in(path).map_err(|error| StoreError::Io {
                action: "reading how far the store was",
                detail: format!("{}: {error}", path.display()),
            })?,
        };
        let client = Client::open(options.url.as_str()).map_err(wrong)?;
        let scripts = Arc::new(Scripts::new());
        let lane = |_| Lane::begin(client.clone(), Arc::clone(&scripts));
        let mut store = Self {
            lanes: (0..options.lanes.max(1)).map(lane).collect(),
            of_membership: lane(0),
            durability: Durability::Memory,
            stopped: watch::Sender::new(None),
            told: Arc::new(told),
            swept: Mutex::new(0),
            scripts,
        };
        let settings = store.settings().await?;
        let durability = options::durability(&settings, options.may_forget);
        store.durability = durability.map_err(|detail| StoreError::Io {
            action: "using the store",
            detail,
        })?;
        Ok(store)
    }

    /// What the server says of how it keeps what it is told.
    async fn settings(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let mut command = redis::cmd("CONFIG");
        command.arg("GET");
        command.arg(&["appendonly", "appendfsync", "maxmemory-policy"]);
        let settings = pairs(self.ask_meta(command).await?).into_iter();
        let text = |bytes| String::from_utf8(bytes).ok();
        Ok(settings
            .filter_map(|(name, value)| Some((text(name)?, text(value)?)))
            .collect())
    }

    /// From now on the store says that it has stopped: this silo is not to use it any more.
    pub fn stop(&self, reason: &str) {
        self.stopped.send_replace(Some(reason.to_owned()));
    }

    /// Queues a command for a shard: those of one shard go in their order.
    fn queue(
        &self,
        shard: ShardId,
        command: Cmd,
    ) -> impl Future<Output = crate::lane::Answer> + Send + use<> {
        self.lanes[usize::from(shard.0) % self.lanes.len()].ask(command)
    }

    async fn ask(&self, shard: ShardId, command: Cmd) -> Result<Value, StoreError> {
        self.queue(shard, command).await.map_err(io)
    }

    /// Asks for what belongs to no shard.
    async fn ask_meta(&self, command: Cmd) -> Result<Value, StoreError> {
        self.ask(ShardId(0), command).await
    }

    /// Asks about the cluster itself, past all that waits.
    async fn ask_of_membership(&self, command: Cmd) -> Result<Value, StoreError> {
        self.of_membership.ask(command).await.map_err(io)
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

/// A call of a script; its arguments follow.
fn call(script: &Known, keys: &[String]) -> Cmd {
    let mut command = redis::cmd("EVALSHA");
    command.arg(&script.hash).arg(keys.len());
    for key in keys {
        command.arg(key);
    }
    command
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
