//! Mailboxes, and the table of the actors that are in memory.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pizza_cluster::Delivery;
use pizza_types::{ActorId, CallError, Envelope, Reply};
use tokio::sync::{Notify, oneshot};

use crate::activation::Activation;

/// How long whoever asked waits for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// What is told outside of the silo must be durable.
    Durable,
    /// Another actor of this silo goes on as soon as the turn is staged: what it makes of the
    /// answer stands behind it in the same log.
    Staged,
}

/// A message in a mailbox.
pub(crate) struct Queued {
    pub(crate) envelope: Envelope,
    pub(crate) query: bool,
    pub(crate) delivery: Delivery,
    pub(crate) until: Until,
    /// `None` when it is answered.
    reply: Option<oneshot::Sender<Result<Reply, CallError>>>,
    /// Shared with the sender: whoever sets it first, the loop or a sender who gives up, decides.
    started: Arc<AtomicBool>,
    /// Whether it is run once more, because what it ran on never was.
    again: bool,
}

/// The sender's end: the answer, and the right to give up before the turn begins.
pub(crate) struct Ticket {
    pub(crate) reply: oneshot::Receiver<Result<Reply, CallError>>,
    started: Arc<AtomicBool>,
}

impl Queued {
    pub(crate) fn new(
        envelope: Envelope,
        query: bool,
        delivery: Delivery,
        until: Until,
    ) -> (Self, Ticket) {
        let (sender, receiver) = oneshot::channel();
        let started = Arc::new(AtomicBool::new(false));
        let queued = Self {
            envelope,
            query,
            delivery,
            until,
            reply: Some(sender),
            started: Arc::clone(&started),
            again: false,
        };
        let reply = receiver;
        (queued, Ticket { reply, started })
    }

    /// False when the sender has given up: then the message must not be executed.
    pub(crate) fn start(&self) -> bool {
        !self.started.swap(true, Ordering::AcqRel) || self.again
    }

    /// The message once more: what it was run on never was.
    pub(crate) fn again(mut self) -> Self {
        self.again = true;
        self
    }

    /// Ends the message. Its sender may have stopped waiting, or been answered before.
    pub(crate) fn answer(mut self, answer: Result<Reply, CallError>) {
        self.answer_early(answer);
    }

    /// Answers while the message still has its turn in flight.
    pub(crate) fn answer_early(&mut self, answer: Result<Reply, CallError>) {
        if let Some(reply) = self.reply.take() {
            let _ = reply.send(answer);
        }
    }
}

impl Ticket {
    /// True when the turn had not begun, and now never will.
    pub(crate) fn give_up(&self) -> bool {
        !self.started.swap(true, Ordering::AcqRel)
    }
}

/// The messages that wait for one actor. It exists only while the actor has work.
#[derive(Default)]
pub(crate) struct Mailbox {
    commands: VecDeque<Queued>,
    /// Apart from the commands, since they are answered first.
    queries: VecDeque<Queued>,
    pub(crate) arrival: Arc<Notify>,
}

/// One actor's entry in the table: its mailbox, or its activation at rest.
pub(crate) struct Slot {
    pub(crate) id: ActorId,
    inside: Mutex<Inside>,
}

struct Inside {
    /// The mailbox, which is present while the actor's loop runs.
    mailbox: Option<Box<Mailbox>>,
    /// The activation, which is present while the loop does not run and the actor is in memory.
    parked: Option<Box<Activation>>,
    used_ms: u64,
    /// Whether the slot was taken out of the table: who still holds it must look the actor up
    /// again.
    gone: bool,
}

pub(crate) enum Pushed {
    /// The loop is running and will see the message.
    Queued,
    /// There was no loop: the caller must start one with this.
    StartLoop(Arc<Notify>, Option<Box<Activation>>),
    /// As many messages wait as may.
    Full,
    /// The slot left the table meanwhile; the message comes back.
    Gone(Queued),
}

impl Slot {
    fn new(id: ActorId, now_ms: u64) -> Self {
        let inside = Inside {
            mailbox: None,
            parked: None,
            used_ms: now_ms,
            gone: false,
        };
        Self {
            id,
            inside: Mutex::new(inside),
        }
    }

    pub(crate) fn push(&self, message: Queued, mailbox_max: usize, now_ms: u64) -> Pushed {
        let mut inside = self.inside.lock();
        if inside.gone {
            return Pushed::Gone(message);
        }
        inside.used_ms = now_ms;
        let idle = inside.mailbox.is_none();
        let mailbox = inside.mailbox.get_or_insert_default();
        if mailbox.commands.len() + mailbox.queries.len() >= mailbox_max {
            return Pushed::Full;
        }
        if message.query {
            mailbox.queries.push_back(message);
        } else {
            mailbox.commands.push_back(message);
        }
        let arrival = Arc::clone(&mailbox.arrival);
        if idle {
            return Pushed::StartLoop(arrival, inside.parked.take());
        }
        drop(inside);
        arrival.notify_one();
        Pushed::Queued
    }

    /// Puts messages that are to be run once more before all others, in their order. The loop
    /// runs, so there is a mailbox.
    pub(crate) fn requeue(&self, messages: Vec<Queued>) {
        let mut inside = self.inside.lock();
        let mailbox = inside.mailbox.get_or_insert_default();
        for message in messages.into_iter().rev() {
            mailbox.commands.push_front(message.again());
        }
    }

    pub(crate) fn next_query(&self) -> Option<Queued> {
        let mut inside = self.inside.lock();
        inside.mailbox.as_mut()?.queries.pop_front()
    }

    pub(crate) fn next_command(&self) -> Option<Queued> {
        let mut inside = self.inside.lock();
        inside.mailbox.as_mut()?.commands.pop_front()
    }

    /// Ends the loop if there is nothing left to do; otherwise gives the activation back.
    pub(crate) fn park(
        &self,
        activation: Option<Box<Activation>>,
    ) -> Result<(), Option<Box<Activation>>> {
        // Under one lock with `push`: a message is either seen here, or starts a loop of its own.
        let mut inside = self.inside.lock();
        if let Some(mailbox) = &inside.mailbox
            && !(mailbox.commands.is_empty() && mailbox.queries.is_empty())
        {
            return Err(activation);
        }
        inside.mailbox = None;
        inside.parked = activation;
        Ok(())
    }

    /// The loop has ended in disorder: senders that wait hear nothing more from it.
    pub(crate) fn abandon(&self) {
        let mut inside = self.inside.lock();
        inside.parked = None;
        let mailbox = inside.mailbox.take();
        // Dropping messages wakes their senders, who must not find the lock taken.
        drop(inside);
        drop(mailbox);
    }

    /// When it was last used and what it takes, if it is at rest.
    fn at_rest(&self) -> Option<(u64, usize)> {
        let inside = self.inside.lock();
        if inside.mailbox.is_some() {
            return None;
        }
        let bytes = inside.parked.as_ref().map_or(0, |a| a.bytes(&self.id));
        Some((inside.used_ms, bytes))
    }

    fn is_busy(&self) -> bool {
        self.inside.lock().mailbox.is_some()
    }
}

/// The number of parts: many more than cores, so that two of them seldom want the same lock.
const PARTS: usize = 64;

type Part = Mutex<HashMap<ActorId, Arc<Slot>>>;

/// The actors in memory. Cut into parts, so that cores seldom meet at a lock.
pub(crate) struct Slots {
    parts: Box<[Part]>,
    hasher: RandomState,
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            parts: (0..PARTS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
        }
    }
}

/// An actor at rest, when it was last used, and the bytes that it takes.
pub(crate) type AtRest = (ActorId, u64, usize);

pub(crate) struct Evicted {
    pub(crate) activation: Option<Box<Activation>>,
}

impl Slots {
    fn part(&self, id: &ActorId) -> &Part {
        let hash = usize::try_from(self.hasher.hash_one(id) % PARTS as u64).unwrap_or(0);
        &self.parts[hash]
    }

    pub(crate) fn get_or_create(&self, id: &ActorId, now_ms: u64) -> Arc<Slot> {
        let mut part = self.part(id).lock();
        if let Some(slot) = part.get(id) {
            return Arc::clone(slot);
        }
        let slot = Arc::new(Slot::new(id.clone(), now_ms));
        part.insert(id.clone(), Arc::clone(&slot));
        slot
    }

    /// Takes the actor out of memory unless it has work or was used after `before_ms`,
    /// and returns what was there.
    pub(crate) fn evict(&self, id: &ActorId, before_ms: u64) -> Option<Evicted> {
        let mut part = self.part(id).lock();
        let slot = part.get(id).cloned()?;
        let mut inside = slot.inside.lock();
        if inside.mailbox.is_some() || inside.used_ms > before_ms {
            return None;
        }
        // Set under both locks, part and slot: a sender that has the slot in its hand looks
        // again.
        inside.gone = true;
        let activation = inside.parked.take();
        drop(inside);
        part.remove(id);
        Some(Evicted { activation })
    }

    /// Whether the actor is at work; `None` when it is not in memory.
    pub(crate) fn is_at_work(&self, id: &ActorId) -> Option<bool> {
        self.part(id).lock().get(id).map(|slot| slot.is_busy())
    }

    pub(crate) fn at_rest(&self) -> Vec<AtRest> {
        let mut resting = Vec::new();
        // One part after the other: a look at a million actors must not stop all of them.
        for part in &self.parts {
            for slot in part.lock().values() {
                if let Some((used_ms, bytes)) = slot.at_rest() {
                    resting.push((slot.id.clone(), used_ms, bytes));
                }
            }
        }
        resting
    }

    /// What all actors at rest take together, and those of them that `is_idle` says of their id and of
    /// when they were last used, as [`at_rest`](Self::at_rest) has them.
    pub(crate) fn idle(
        &self,
        mut is_idle: impl FnMut(&ActorId, u64) -> bool,
    ) -> (usize, Vec<AtRest>) {
        let (mut sum, mut idle) = (0, Vec::new());
        for part in &self.parts {
            for slot in part.lock().values() {
                let Some((used_ms, bytes)) = slot.at_rest() else {
                    continue;
                };
                sum += bytes;
                // A copy of those alone: there may be ten million others.
                if is_idle(&slot.id, used_ms) {
                    idle.push((slot.id.clone(), used_ms, bytes));
                }
            }
        }
        (sum, idle)
    }

    /// Tells of each actor in memory.
    pub(crate) fn each(&self, mut tell: impl FnMut(&ActorId)) {
        for part in &self.parts {
            part.lock().keys().for_each(&mut tell);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.lock().len()).sum()
    }
}
