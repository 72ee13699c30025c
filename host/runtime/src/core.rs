//! What all parts of a silo's runtime share: its settings, its store and clocks, and the
//! tables of what is in memory.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use pizza_clock::{Clock, Cpu};
use pizza_cluster::{Loads, Membership, Network};
use pizza_store::{Store, StoreError, StoredReply, StreamKey};
use pizza_types::{ActorId, CallError, Envelope, Reply, ShardId};
use tokio::sync::Notify;

use crate::activation::Activation;
use crate::archive::Archive;
use crate::catalog::Catalog;
use crate::cells::Cells;
use crate::durable_clock::DurableClock;
use crate::entropy::Entropy;
use crate::guarded::Guarded;
use crate::misplaced::Misplaced;
use crate::moves::Moves;
use crate::notices::Notices;
use crate::outbox::{Lane, LaneStart, Message, Outbox};
use crate::owners::Owners;
use crate::relay::Relay;
use crate::reminders::Reminders;
use crate::settings::{Policy, Settings};
use crate::slot::{Slot, Slots};
use crate::streams::{Route, Streams};
use crate::timers::Timers;

pub(crate) struct Core {
    /// Who this silo is, and which others there are.
    pub(crate) membership: Arc<Membership>,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) cells: Cells,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) archive: Arc<dyn Archive>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) durable: DurableClock,
    /// How busy this silo is.
    pub(crate) cpu: Arc<dyn Cpu>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
    pub(crate) slots: Slots,
    /// How many actors' loops run.
    pub(crate) at_work: AtomicUsize,
    pub(crate) owners: Owners,
    /// What silos say of themselves.
    pub(crate) loads: Loads,
    pub(crate) misplaced: Misplaced,
    pub(crate) guarded: Guarded,
    pub(crate) moves: Moves,
    pub(crate) notices: Notices,
    pub(crate) timers: Timers,
    pub(crate) reminders: Reminders,
    pub(crate) outbox: Outbox,
    pub(crate) relay: Relay,
    pub(crate) streams: Streams,
    pub(crate) runners: Runners,
    pub(crate) stopping: AtomicBool,
}

pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Starts an actor's loop with the core, the actor's slot, the bell that rings when a message
/// arrives, and the activation if the actor was in memory.
pub(crate) type RunActor = fn(Arc<Core>, Arc<Slot>, Arc<Notify>, Option<Box<Activation>>) -> Task;

/// What runs while there is work for it: an actor's loop, a lane of the outbox, the relay of a
/// shard, the pump of a stream, the reader of a shard's log, the follower of a stream that another
/// silo guards. A message starts an actor, whose commit starts a lane, which brings a message:
/// this circle is the nature of a silo, and closed where a silo is built, so that no
/// module has to know the next one on it.
#[derive(Clone, Copy)]
pub(crate) struct Runners {
    pub(crate) actor: RunActor,
    pub(crate) lane: fn(Arc<Core>, Lane, Message) -> Task,
    pub(crate) relay: fn(Arc<Core>, ShardId) -> Task,
    pub(crate) pump: fn(Arc<Core>, Route) -> Task,
    pub(crate) guard: fn(Arc<Core>, ShardId) -> Task,
    pub(crate) follow: fn(Arc<Core>, StreamKey) -> Task,
}

impl Core {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Whether this silo may believe what it has in memory.
    pub(crate) fn holds_lease(&self) -> bool {
        self.membership.lease().holds(self.clock.now_ms())
    }

    /// Waits on the silo's own clock, so that a simulation can wait for it too.
    pub(crate) async fn pause(&self, ms: u64) {
        self.clock
            .sleep_until(self.clock.now_ms().saturating_add(ms))
            .await;
    }

    /// The policy of an actor type; the usual one for a type that nobody serves.
    pub(crate) fn policy(&self, actor_type: &str) -> Policy {
        let deployment = self.catalog.find(actor_type);
        deployment
            .map(|deployment| deployment.policy.clone())
            .unwrap_or_default()
    }

    /// Takes an actor that turned out to have nothing to remember out of memory at once.
    pub(crate) fn forget(&self, id: &ActorId) {
        // If a message came meanwhile, it stays, which is right.
        let _ = self.slots.evict(id, u64::MAX);
    }

    /// The answer that a message got before, if it was this message.
    ///
    /// # Errors
    /// [`CallError::MessageIdReused`] when it was another one.
    pub(crate) fn earlier_reply(
        &self,
        envelope: &Envelope,
        stored: StoredReply,
    ) -> Result<Reply, CallError> {
        // An old answer to another question would be worse than none.
        if stored.fingerprint != envelope.body.fingerprint() {
            return Err(CallError::MessageIdReused { id: envelope.id });
        }
        Ok(Reply {
            body: stored.reply,
            declined: stored.declined,
            replayed: true,
            durability: self.store.durability(),
        })
    }

    pub(crate) fn start_actor(
        self: &Arc<Self>,
        slot: Arc<Slot>,
        arrival: Arc<Notify>,
        parked: Option<Box<Activation>>,
    ) {
        // Here and not when the loop begins: whoever looks for work must not miss it. It says
        // itself when it has ended.
        self.at_work.fetch_add(1, Ordering::AcqRel);
        tokio::spawn((self.runners.actor)(
            Arc::clone(self),
            slot,
            arrival,
            parked,
        ));
    }

    pub(crate) fn start_lanes(self: &Arc<Self>, starts: impl IntoIterator<Item = LaneStart>) {
        for LaneStart { lane, first } in starts {
            tokio::spawn((self.runners.lane)(Arc::clone(self), lane, first));
        }
    }

    pub(crate) fn start_relay(self: &Arc<Self>, shard: ShardId) {
        tokio::spawn((self.runners.relay)(Arc::clone(self), shard));
    }

    /// Takes up what the log of the shard has that was not sent yet.
    pub(crate) fn start_guard(self: &Arc<Self>, shard: ShardId) {
        tokio::spawn((self.runners.guard)(Arc::clone(self), shard));
    }

    /// Hears from whoever guards this stream when it has new events.
    pub(crate) fn start_following(self: &Arc<Self>, of: StreamKey) {
        tokio::spawn((self.runners.follow)(Arc::clone(self), of));
    }

    /// There are new events in these streams, which this silo guards; they are durable.
    pub(crate) fn published(self: &Arc<Self>, keys: &[StreamKey]) {
        for of in keys {
            self.start_pumps(self.streams.published(&self.catalog, of));
        }
    }

    pub(crate) fn start_pumps(self: &Arc<Self>, routes: impl IntoIterator<Item = Route>) {
        for route in routes {
            tokio::spawn((self.runners.pump)(Arc::clone(self), route));
        }
    }
}

pub(crate) fn store_error(error: StoreError) -> CallError {
    match error {
        StoreError::Full { detail } => CallError::StorageFull { detail },
        error => CallError::Store {
            detail: error.to_string(),
        },
    }
}
