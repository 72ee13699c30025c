//! The handle that holds a silo's runtime together: built, started, called, drained.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use pizza_clock::{Clock, Cpu};
use pizza_cluster::{Loads, Membership, Network, StreamPage};
use pizza_store::{Store, StoreError, StoredEvent, StreamKey};
use pizza_types::{CallError, CellName, Envelope, MessageId, Reply};
use tokio::task::JoinSet;

use crate::archive::Archive;
use crate::breaker::BreakerState;
use crate::catalog::Catalog;
use crate::cells::{self, CellParts, Cells};
use crate::core::{Core, Runners, store_error};
use crate::durable_clock::DurableClock;
use crate::entropy::Entropy;
use crate::guarded::Guarded;
use crate::misplaced::Misplaced;
use crate::moves::Moves;
use crate::notices::Notices;
use crate::outbox::Outbox;
use crate::owners::Owners;
use crate::relay::Relay;
use crate::reminders::Reminders;
use crate::settings::Settings;
use crate::slot::Slots;
use crate::streams::Streams;
use crate::timers::Timers;
use crate::{
    actor_loop, deactivate, guardian, hand_over, housekeeping, loads, outbox, relay, reminders,
    retire, streams, take_over, timers,
};

/// Boxed where each begins: an actor's loop is large, and a task of its size is aligned,
/// which costs more than the box.
const RUNNERS: Runners = Runners {
    actor: |core, slot, arrival, parked| Box::pin(actor_loop::run(core, slot, arrival, parked)),
    lane: |core, lane, first| Box::pin(outbox::worker::run_lane(core, lane, first)),
    relay: |core, shard| Box::pin(relay::worker::run(core, shard)),
    pump: |core, route| Box::pin(streams::pump::run(core, route)),
    guard: |core, shard| Box::pin(guardian::read(core, shard)),
    follow: |core, of| Box::pin(streams::follow::run(core, of)),
};

/// What a silo's runtime is made of.
pub struct Parts {
    /// Who this silo is, and which others there are.
    pub membership: Arc<Membership>,
    /// How it reaches them.
    pub network: Arc<dyn Network>,
    /// `None`: there is one cell alone.
    pub cells: Option<CellParts>,
    pub store: Arc<dyn Store>,
    /// Where actors are kept that are retired.
    pub archive: Arc<dyn Archive>,
    pub catalog: Arc<Catalog>,
    pub clock: Arc<dyn Clock>,
    pub cpu: Arc<dyn Cpu>,
    pub entropy: Arc<dyn Entropy>,
    pub settings: Settings,
}

/// A silo's runtime. Cheap to clone; all clones are one silo.
#[derive(Clone)]
pub struct Silo {
    pub(crate) core: Arc<Core>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

/// How much there is of what at the moment, for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiloStats {
    pub actors_in_memory: usize,
    pub actors_at_work: usize,
    pub outbox_pending: usize,
    /// Reminders that are due within the horizon.
    pub reminders_soon: usize,
}

impl Silo {
    /// Starts the silo, and takes up what an earlier life of it left unfinished.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn start(parts: Parts) -> Result<Self, StoreError> {
        let durable = if parts.membership.is_alone() {
            DurableClock::resume(&*parts.store, &*parts.clock).await?
        } else {
            let wrong_ms = parts.membership.clock_offset().wrong_ms();
            DurableClock::by_date(&*parts.clock, wrong_ms.unwrap_or(0))
        };
        let moves = Moves::new(parts.settings.moves_per_second);
        let core = Arc::new(Core {
            membership: parts.membership,
            network: parts.network,
            cells: Cells::of(parts.cells),
            store: parts.store,
            archive: parts.archive,
            catalog: parts.catalog,
            clock: parts.clock,
            durable,
            cpu: parts.cpu,
            entropy: parts.entropy,
            settings: parts.settings,
            slots: Slots::default(),
            at_work: AtomicUsize::new(0),
            owners: Owners::default(),
            loads: Loads::default(),
            misplaced: Misplaced::default(),
            guarded: Guarded::default(),
            moves,
            notices: Notices::default(),
            timers: Timers::default(),
            reminders: Reminders::default(),
            outbox: Outbox::default(),
            relay: Relay::default(),
            streams: Streams::default(),
            runners: RUNNERS,
            stopping: AtomicBool::new(false),
        });
        // Before anything new is taken: messages of one lane keep their order.
        if core.membership.is_alone() {
            let undelivered = guardian::take_up(&core).await?;
            if undelivered > 0 {
                tracing::info!(undelivered, "messages from before are on their way again");
            }
            streams::pump::resume(&core).await?;
            reminders::horizon::look_ahead(&core).await?;
        }
        let mut tasks = JoinSet::new();
        tasks.spawn(timers::worker::run(Arc::clone(&core)));
        tasks.spawn(reminders::worker::run(Arc::clone(&core)));
        tasks.spawn(outbox::worker::run_later(Arc::clone(&core)));
        tasks.spawn(outbox::worker::run_done(Arc::clone(&core)));
        tasks.spawn(housekeeping::run(Arc::clone(&core)));
        tasks.spawn(retire::run(Arc::clone(&core)));
        for cell in core.cells.others() {
            let (core, name) = (Arc::clone(&core), cell.name.clone());
            tasks.spawn(cells::watch::run(core, name));
        }
        if !core.membership.is_alone() {
            tasks.spawn(take_over::run(Arc::clone(&core)));
            tasks.spawn(hand_over::run(Arc::clone(&core)));
            tasks.spawn(loads::run(Arc::clone(&core)));
        }
        let tasks = Arc::new(Mutex::new(tasks));
        Ok(Self { core, tasks })
    }

    /// Brings a message from outside to its actor; answers when the turn is durable.
    ///
    /// # Errors
    /// Why there is no answer; what an actor declines is an answer.
    pub async fn deliver(&self, envelope: Envelope) -> Result<Reply, CallError> {
        if self.core.is_stopping() {
            return Err(CallError::ShuttingDown);
        }
        // Only calls from outside: the messages between actors are what has to drain.
        let pending = self.core.outbox.pending();
        if pending > self.core.settings.outbox_pending_max {
            return Err(CallError::Overloaded {
                what: format!("{pending} messages between actors are undelivered"),
                retry_after_ms: 1_000,
            });
        }
        self.core.deliver(envelope).await
    }

    /// A piece of a stream, also of one of another cell.
    ///
    /// # Errors
    /// When the store cannot be read, or the cell is away.
    pub async fn page(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<StreamPage, CallError> {
        let of = StreamKey {
            stream: stream.into(),
            key: key.into(),
        };
        cells::read::page(&self.core, of, after, limit).await
    }

    /// Keys of a type's actors in all cells, page by page, and the cells that did not tell.
    ///
    /// # Errors
    /// When the store of this cell cannot be read.
    pub async fn actors_everywhere(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Arc<str>>, Vec<CellName>), CallError> {
        cells::read::actors(&self.core, actor_type, after, limit).await
    }

    /// What keys begin with that are made here, so that they belong to this cell; `None` where they
    /// need nothing.
    #[must_use]
    pub fn key_prefix(&self) -> Option<Arc<str>> {
        let names = &self.core.cells.parts()?.names;
        names.prefix().map(Into::into)
    }

    /// Events of a (stream, key) of this cell above `after`, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, CallError> {
        let events = self.core.store.events(stream, key, after, limit).await;
        events.map_err(store_error)
    }

    /// Keys of a type's actors in this cell, page by page, in an order that stays.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, CallError> {
        let keys = self.core.store.actors(actor_type, after, limit).await;
        keys.map_err(store_error)
    }

    /// Position of the newest event of a (stream, key); 0 when there never was one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn newest_event(&self, stream: &str, key: &str) -> Result<u64, CallError> {
        let head = self.core.store.stream_head(stream, key).await;
        head.map_err(store_error)
    }

    /// Returns once there may be an event above `after`.
    pub async fn event_after(&self, stream: &str, key: &str, after: u64) {
        let of = StreamKey {
            stream: stream.into(),
            key: key.into(),
        };
        cells::read::event_after(&self.core, of, after).await;
    }

    /// The time on the clock that never goes back, in milliseconds, which deadlines are on.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.core.clock.now_ms()
    }

    /// The date: milliseconds since the Unix epoch, UTC.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        self.core.clock.wall_ms()
    }

    /// An id that nobody has used: 128 random bits.
    #[must_use]
    pub fn fresh_id(&self) -> MessageId {
        let entropy = &self.core.entropy;
        let bits = (u128::from(entropy.next()) << 64) | u128::from(entropy.next());
        MessageId(bits.to_le_bytes())
    }

    #[must_use]
    pub fn stats(&self) -> SiloStats {
        SiloStats {
            actors_in_memory: self.core.slots.len(),
            actors_at_work: self.core.at_work.load(Ordering::Acquire),
            outbox_pending: self.core.outbox.pending(),
            reminders_soon: self.core.reminders.len(),
        }
    }

    /// The circuit breaker of each actor type.
    #[must_use]
    pub fn breakers(&self) -> Vec<(Arc<str>, BreakerState)> {
        self.core.catalog.breakers(self.core.clock.now_ms())
    }

    /// Brings subscribers what they have not been given: a module that serves from now on
    /// may subscribe to more than the one before it.
    pub fn catch_up(&self) {
        let core = Arc::clone(&self.core);
        let task = async move {
            if let Err(error) = streams::pump::resume(&core).await {
                tracing::error!(%error, "new subscribers wait for events until the next start");
            }
        };
        self.tasks.lock().spawn(task);
    }

    /// Takes nothing new, lets turns finish, and writes down what was delivered. What is
    /// still on its way is taken up at the next start.
    pub async fn drain(&self) {
        self.core.stopping.store(true, Ordering::Release);
        let until_ms = self.core.clock.now_ms() + self.core.settings.drain_ms;
        // Actors at work, with commits in flight: their callers are still to be answered.
        while self.core.at_work.load(Ordering::Acquire) > 0 && self.core.clock.now_ms() < until_ms {
            self.core.pause(5).await;
        }
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
        tokio::select! {
            biased;
            () = deactivate::all(&self.core) => {}
            () = self.core.clock.sleep_until(until_ms) => {}
        }
        if let Err(error) = self.core.outbox.flush(&*self.core.store).await {
            tracing::warn!(%error, "what has arrived could not be taken out of the log");
        }
        let core = &self.core;
        if core.membership.is_alone()
            && let Err(error) = core.durable.note(&*core.store, &*core.clock).await
        {
            tracing::warn!(%error, "the time of the end could not be kept");
        }
    }
}
