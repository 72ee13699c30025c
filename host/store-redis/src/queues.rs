//! The commands that wait, in a queue for each tag, and which server's turn it is to take them.
//!
//! The commands of a tag keep their order, whatever happens to its slot: no more than one batch of
//! them is under way at a time, and those that a server did not run go back to the head of their
//! queue before the next batch is taken. Nothing here sends anything.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::address::Node;
use crate::planted;
use crate::tag::Tag;

/// So many commands wait at most; further ones are refused.
pub(crate) const QUEUE_MAX: usize = 65_536;
/// So many go together at most.
const BATCH_MAX: usize = 512;
/// So long after a slot was last seen to migrate, its commands still go one by one.
const CAREFUL: Duration = Duration::from_secs(1);

/// Why a command has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LaneError {
    /// It was not run.
    #[error("the store cannot be reached: {0}")]
    NotSent(String),
    /// It was sent, and may have been done.
    #[error("the store has not answered: {0}")]
    Lost(String),
    /// The server refused it.
    #[error("the store refuses: {0}")]
    Refused(String),
}

pub(crate) type Answer = Result<Value, LaneError>;

/// What an answer is worth when a command before it, of the same tag, turns out not to have run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// It was read too early: it is to be read again.
    Reads,
    /// A commit. It was done, or says by itself that one before it is missing.
    Commits,
    /// It may come before others.
    Any,
}

pub(crate) struct Waiting {
    pub(crate) command: Cmd,
    pub(crate) order: Order,
    pub(crate) since: Instant,
    /// How often it was sent to a server that did not run it.
    pub(crate) hops: u32,
    /// Whether its answer is worth something only if replicas have what it stands on.
    pub(crate) needs_replicas: bool,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// The commands of one tag in a batch.
pub(crate) struct Part {
    pub(crate) tag: Tag,
    /// The server does not have the slot yet: it is told that this is known.
    pub(crate) is_asking: bool,
    pub(crate) waiting: Vec<Waiting>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Some server's turn, under way, or waiting for its time: nobody else is to take from it.
    is_taken: bool,
    /// Who is to be asked for the first one alone.
    ask: Option<Node>,
    /// Until then they go one by one.
    careful_until: Option<Instant>,
}

struct Ready {
    tags: VecDeque<Tag>,
    wake: Arc<Notify>,
}

#[derive(Default)]
pub(crate) struct Queues {
    tags: HashMap<Tag, Queue>,
    ready: HashMap<Node, Ready>,
    waiting: usize,
    pub(crate) is_closed: bool,
}

impl Queues {
    /// Returns whether the tag is to be given to a server now; gives the command back when too many
    /// wait.
    pub(crate) fn push(&mut self, tag: Tag, waiting: Waiting) -> Result<bool, Waiting> {
        if self.waiting >= QUEUE_MAX {
            return Err(waiting);
        }
        self.waiting += 1;
        let queue = self.tags.entry(tag).or_default();
        queue.waiting.push_back(waiting);
        Ok(!std::mem::replace(&mut queue.is_taken, true))
    }

    /// Gives a tag to a server. Returns what is to be run for it if nobody does yet.
    pub(crate) fn give(&mut self, tag: Tag, owner: Node) -> Option<(Node, Arc<Notify>)> {
        let ask = self.tags.get(&tag).and_then(|queue| queue.ask.clone());
        let node = ask.unwrap_or(owner);
        let mut is_new = false;
        let ready = self.ready.entry(Arc::clone(&node)).or_insert_with(|| {
            is_new = true;
            Ready {
                tags: VecDeque::new(),
                wake: Arc::new(Notify::new()),
            }
        });
        ready.tags.push_back(tag);
        ready.wake.notify_one();
        is_new.then(|| (node, Arc::clone(&ready.wake)))
    }

    /// What a server is to be sent next.
    pub(crate) fn take(&mut self, node: &Node, now: Instant) -> Vec<Part> {
        let (mut parts, mut count) = (Vec::new(), 0);
        let Some(ready) = self.ready.get_mut(node) else {
            return parts;
        };
        while count < BATCH_MAX
            && let Some(tag) = ready.tags.pop_front()
        {
            let Some(queue) = self.tags.get_mut(&tag) else {
                continue;
            };
            let is_asking = queue.ask.take().is_some();
            let is_careful = is_asking || queue.careful_until.is_some_and(|until| now < until);
            let most = if is_careful { 1 } else { BATCH_MAX - count };
            let waiting: Vec<Waiting> = queue
                .waiting
                .drain(..most.min(queue.waiting.len()))
                .collect();
            count += waiting.len();
            self.waiting -= waiting.len();
            parts.push(Part {
                tag,
                is_asking,
                waiting,
            });
        }
        parts
    }

    /// A batch is over; these of the tag did not run, and go first the next time. Returns whether
    /// there is anything to be given to a server.
    pub(crate) fn requeue(&mut self, tag: Tag, back: Vec<Waiting>) -> bool {
        let Some(queue) = self.tags.get_mut(&tag) else {
            return false;
        };
        self.waiting += back.len();
        if planted::is("overtakes") {
            queue.waiting.extend(back);
        } else {
            for waiting in back.into_iter().rev() {
                queue.waiting.push_front(waiting);
            }
        }
        queue.is_taken = !queue.waiting.is_empty();
        if !queue.is_taken && queue.careful_until.is_none() {
            self.tags.remove(&tag);
            return false;
        }
        queue.is_taken
    }

    /// The slot migrates: from now on one command goes at a time, the next one to `ask` if that is
    /// somebody.
    pub(crate) fn is_migrating(&mut self, tag: Tag, ask: Option<Node>, now: Instant) {
        let queue = self.tags.entry(tag).or_default();
        queue.ask = ask;
        queue.careful_until = Some(now + CAREFUL);
    }

    /// Nobody runs a server's commands any more, if it has none. Returns whether that is so.
    pub(crate) fn end(&mut self, node: &Node) -> bool {
        if self.ready.get(node).is_some_and(|r| !r.tags.is_empty()) {
            return false;
        }
        self.ready.remove(node);
        true
    }

    /// Nothing more comes: whoever waits for it may end.
    pub(crate) fn close(&mut self) {
        self.is_closed = true;
        for ready in self.ready.values() {
            ready.wake.notify_one();
        }
    }
}
