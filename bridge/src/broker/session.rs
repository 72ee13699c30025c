//! What the broker knows of one client, connected or not.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::outbox::{Outbox, Queued};
use super::packet::Will;
use super::receipt::Receipt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SessionId(pub(super) u64);

/// On which side of the door a client is; each side has client ids of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    /// The pizzeria itself. What it is too slow for, publishers wait for.
    House,
    /// What one of them is too slow for, it misses.
    Street,
}

pub(super) struct Session {
    pub(super) side: Side,
    pub(super) client_id: String,
    pub(super) filters: HashSet<String>,
    /// Wakes its connection: there is something to send.
    pub(super) wake: Arc<Notify>,
    /// The connection that it has, by number.
    pub(super) attached: Option<u64>,
    /// Tells that connection that there is another one.
    pub(super) taken_over: Arc<Notify>,
    /// How long it outlives its connection.
    pub(super) expiry: Duration,
    pub(super) gone_since: Instant,
    /// Messages of quality 2 that came in and are not yet released, with what has to be
    /// waited for before they may be.
    pub(super) received: HashMap<u16, Option<Arc<Receipt>>>,
    pub(super) will: Option<Will>,
    /// When the will of a client that is gone is told.
    pub(super) will_due: Option<Instant>,
    pub(super) outbox: Outbox,
}

impl Session {
    pub(super) fn new(side: Side, client_id: String, held: Arc<AtomicUsize>) -> Self {
        Self {
            side,
            client_id,
            filters: HashSet::new(),
            wake: Arc::default(),
            attached: None,
            taken_over: Arc::default(),
            expiry: Duration::ZERO,
            gone_since: Instant::now(),
            received: HashMap::new(),
            will: None,
            will_due: None,
            outbox: Outbox::new(held),
        }
    }

    pub(super) fn attach(&mut self, number: u64) {
        self.attached = Some(number);
        self.taken_over = Arc::default();
        self.wake = Arc::default();
        self.wake.notify_one();
    }

    pub(super) fn push(&mut self, what: Queued) {
        self.outbox.push(what);
        self.wake.notify_one();
    }

    pub(super) fn is_over(&self) -> bool {
        self.attached.is_none() && self.gone_since.elapsed() >= self.expiry
    }
}
