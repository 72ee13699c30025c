//! The handle that holds a silo's runtime together: built, started, called, drained.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pizza_store::{Store, StoreError, StoredEvent};
use pizza_types::{ActorId, Body, CallError, Chain, Envelope, MessageId, Reply, SiloId};
use tokio::task::JoinSet;

use crate::actor_loop;
use crate::breaker::BreakerState;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::durable_clock::DurableClock;
use crate::entropy::Entropy;
use crate::outbox::Outbox;
use crate::reminders::Reminders;
use crate::settings::{Policy, Settings};
use crate::slot::{Manner, Pushed, Queued, Slots, Ticket};
use crate::streams::Streams;
use crate::timers::Timers;

/// What a silo's runtime is made of.
pub struct Parts {
    pub silo: SiloId,
    pub store: Arc<dyn Store>,
    pub catalog: Arc<Catalog>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub settings: Settings,
}

/// Cheap to clone; all clones are one silo.
#[derive(Clone)]
pub struct Silo {
    pub(crate) core: Arc<Core>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

/// Figures of the moment, for operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiloStats {
    pub actors_in_memory: usize,
    pub actors_at_work: usize,
    pub outbox_pending: usize,
    pub reminders_soon: usize,
}

pub(crate) struct Core {
    pub(crate) silo: SiloId,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) durable: DurableClock,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) settings: Settings,
    pub(crate) slots: Slots,
    pub(crate) timers: Timers,
    pub(crate) reminders: Reminders,
    pub(crate) outbox: Outbox,
    pub(crate) streams: Streams,
    stopping: AtomicBool,
}

pub(crate) fn store_error(error: StoreError) -> CallError {
    CallError::Store {
        detail: error.to_string(),
    }
}

impl Silo {
    /// Starts the silo, and takes up what an earlier life of it left unfinished.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn start(parts: Parts) -> Result<Self, StoreError> {
        let durable = DurableClock::resume(&*parts.store, &*parts.clock).await?;
        let core = Arc::new(Core {
            silo: parts.silo,
            store: parts.store,
            catalog: parts.catalog,
            clock: parts.clock,
            durable,
            entropy: parts.entropy,
            settings: parts.settings,
            slots: Slots::default(),
            timers: Timers::default(),
            reminders: Reminders::default(),
            outbox: Outbox::default(),
            streams: Streams::default(),
            stopping: AtomicBool::new(false),
        });
        let undelivered = crate::outbox::redrive(&core).await?;
        if undelivered > 0 {
            tracing::info!(undelivered, "messages from before are on their way again");
        }
        crate::streams::resume(&core).await?;
        crate::reminders::look_ahead(&core).await?;
        let mut tasks = JoinSet::new();
        tasks.spawn(crate::timers::run(Arc::clone(&core)));
        tasks.spawn(crate::reminders::run(Arc::clone(&core)));
        tasks.spawn(crate::outbox::run_later(Arc::clone(&core)));
        tasks.spawn(crate::outbox::run_done(Arc::clone(&core)));
        tasks.spawn(crate::housekeeping::run(Arc::clone(&core)));
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
        let pending = self.core.outbox.pending();
        if pending > self.core.settings.outbox_pending_max {
            return Err(CallError::Overloaded {
                what: format!("{pending} messages between actors are undelivered"),
                retry_after_ms: 1_000,
            });
        }
        self.core.deliver(envelope).await
    }

    /// Events of a (stream, key) above `after`, oldest first.
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

    /// Keys of a type's actors, page by page, in an order that stays.
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
        let streams = &self.core.streams;
        if let Err(error) = streams.event_after(&self.core, stream, key, after).await {
            tracing::error!(%error, "a stream cannot be watched");
            self.core.pause(1_000).await;
        }
    }

    /// On the clock that never goes back, which deadlines are on.
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
            actors_at_work: self.core.slots.busy(),
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
            if let Err(error) = crate::streams::resume(&core).await {
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
        while self.core.slots.busy() > 0 && self.core.clock.now_ms() < until_ms {
            self.core.pause(5).await;
        }
        let mut tasks = std::mem::take(&mut *self.tasks.lock());
        tasks.shutdown().await;
        tokio::select! {
            () = crate::deactivate::all(&self.core) => {}
            () = self.core.clock.sleep_until(until_ms) => {}
        }
        if let Err(error) = self.core.outbox.flush(&self.core).await {
            tracing::warn!(%error, "delivered messages could not be taken out of the outbox");
        }
        let core = &self.core;
        if let Err(error) = core.durable.note(&*core.store, &*core.clock).await {
            tracing::warn!(%error, "the time of the end could not be kept");
        }
    }
}

impl Core {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(crate) async fn pause(&self, ms: u64) {
        self.clock
            .sleep_until(self.clock.now_ms().saturating_add(ms))
            .await;
    }

    pub(crate) fn policy(&self, actor_type: &str) -> Policy {
        let entry = self.catalog.find(actor_type);
        entry.map(|entry| entry.policy.clone()).unwrap_or_default()
    }

    /// A message that the silo itself sends.
    pub(crate) fn internal(&self, target: &ActorId, body: Body) -> Envelope {
        let entry = self.catalog.find(target.actor_type());
        let wait_ms = entry.map_or(30_000, |entry| entry.policy.delivery_ms);
        Envelope {
            target: target.clone(),
            body,
            id: actor_loop::unnamed(),
            deadline_ms: self.clock.now_ms() + wait_ms,
            chain: Chain::default(),
            caller: None,
            trace: None,
        }
    }

    /// # Errors
    /// A call whose deadline has passed is never executed.
    pub(crate) fn refuse_if_late(
        &self,
        envelope: &Envelope,
        when: &'static str,
    ) -> Result<(), CallError> {
        if envelope.deadline_ms < self.clock.now_ms() {
            return Err(CallError::Deadline { when: when.into() });
        }
        Ok(())
    }

    /// The one door to an actor.
    pub(crate) async fn deliver(self: &Arc<Self>, envelope: Envelope) -> Result<Reply, CallError> {
        self.deliver_as(envelope, Manner::Usual).await
    }

    pub(crate) async fn deliver_as(
        self: &Arc<Self>,
        envelope: Envelope,
        manner: Manner,
    ) -> Result<Reply, CallError> {
        self.refuse_chain(&envelope)?;
        self.refuse_if_late(&envelope, "before the message was queued")?;
        let (id, deadline_ms) = (envelope.id, envelope.deadline_ms);
        let mut ticket = self.submit(envelope, manner)?;
        let answer = tokio::select! {
            biased;
            answer = &mut ticket.reply => answer,
            () = self.clock.sleep_until(deadline_ms) => {
                if ticket.give_up() {
                    let when = "while the message waited for its turn";
                    return Err(CallError::Deadline {
                        when: when.into(),
                    });
                }
                // The turn has begun, so its outcome will be known, and must be.
                ticket.reply.await
            }
        };
        answer.unwrap_or_else(|_| {
            let detail = "the turn ended without an answer".to_owned();
            Err(CallError::Unknown { id, detail })
        })
    }

    fn refuse_chain(&self, envelope: &Envelope) -> Result<(), CallError> {
        let (chain, target) = (&envelope.chain, &envelope.target);
        if chain.contains(target) {
            let cycle = format!("{chain} -> {target}");
            return Err(CallError::Cycle { cycle });
        }
        let limit = self.catalog.get(target, None)?.policy.chain_depth_max;
        if chain.depth() > limit {
            return Err(CallError::TooDeep {
                depth: chain.depth(),
                limit,
                chain: chain.to_string(),
            });
        }
        Ok(())
    }

    /// Puts the message into its actor's mailbox, and starts the actor's loop if it is idle.
    pub(crate) fn submit(
        self: &Arc<Self>,
        mut envelope: Envelope,
        manner: Manner,
    ) -> Result<Ticket, CallError> {
        let entry = self.catalog.get(&envelope.target, None)?;
        if manner != Manner::HostPart {
            entry.refuse_if_resting(self.clock.now_ms())?;
        }
        let query = match &envelope.body {
            Body::Call { method, .. } => match entry.module.method(method) {
                Some(found) => found.query,
                None => return Err(unknown_method(&entry, method)),
            },
            _ => false,
        };
        // Actors of one type share its name.
        let key = Arc::clone(envelope.target.key());
        envelope.target = ActorId::new(Arc::clone(&entry.name), key)?;
        let id = envelope.target.clone();
        let (mut queued, ticket) = Queued::new(envelope, query, manner);
        loop {
            let now_ms = self.clock.now_ms();
            let slot = self.slots.get_or_create(&id, now_ms);
            match slot.push(queued, entry.policy.mailbox_max, now_ms) {
                Pushed::Queued => return Ok(ticket),
                Pushed::StartLoop(arrival, parked) => {
                    let core = Arc::clone(self);
                    // Boxed: a loop is large, and a task of its size is aligned, which costs more.
                    tokio::spawn(Box::pin(actor_loop::run(core, slot, arrival, parked)));
                    return Ok(ticket);
                }
                Pushed::Full => {
                    let limit = entry.policy.mailbox_max;
                    return Err(CallError::Overloaded {
                        what: format!("{limit} messages wait for {id}"),
                        retry_after_ms: 100,
                    });
                }
                Pushed::Gone(back) => queued = back,
            }
        }
    }

    /// An actor that turned out to have nothing to remember leaves memory at once.
    pub(crate) fn forget(&self, id: &ActorId) {
        drop(self.slots.evict(id, u64::MAX));
    }
}

fn unknown_method(entry: &crate::ActorType, method: &str) -> CallError {
    let mut known: Vec<&str> = entry
        .module
        .methods()
        .map(|m| m.function.name.as_str())
        .collect();
    known.sort_unstable();
    CallError::UnknownMethod {
        actor_type: entry.name.to_string(),
        method: method.to_owned(),
        known: known.join(", "),
    }
}
