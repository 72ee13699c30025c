//! What the broker knows of one client, connected or not.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::identity::Origin;
use crate::outbox::{Outbox, Queued};
use crate::packet::Will;
use crate::receipt::Receipt;

pub(crate) struct Session {
    pub(crate) origin: Origin,
    pub(crate) client_id: String,
    /// What it has subscribed to: the subscriptions themselves are in the tree, and the tree
    /// cannot be searched by session when this one ends.
    pub(crate) filters: HashSet<String>,
    /// Wakes its connection: there is something to send.
    pub(crate) wake: Arc<Notify>,
    /// The number of the attachment, if a connection has it.
    pub(crate) attached: Option<u64>,
    /// Tells that connection that there is another one.
    pub(crate) taken_over: Arc<Notify>,
    /// How long it outlives its connection.
    pub(crate) expiry: Duration,
    pub(crate) gone_since: Instant,
    /// Messages at QoS 2 that were received and are not released yet, each with what has to
    /// be complete before it may be answered.
    pub(crate) unreleased: HashMap<u16, Option<Arc<Receipt>>>,
    pub(crate) will: Option<Will>,
    /// When the will of a client that is gone is published.
    pub(crate) will_due: Option<Instant>,
    pub(crate) outbox: Outbox,
}

impl Session {
    pub(crate) fn new(origin: Origin, client_id: String, queued_bytes: Arc<AtomicUsize>) -> Self {
        Self {
            origin,
            client_id,
            filters: HashSet::new(),
            wake: Arc::default(),
            attached: None,
            taken_over: Arc::default(),
            expiry: Duration::ZERO,
            gone_since: Instant::now(),
            unreleased: HashMap::new(),
            will: None,
            will_due: None,
            outbox: Outbox::new(queued_bytes),
        }
    }

    /// A connection takes the session.
    pub(crate) fn attach(&mut self, number: u64) {
        self.attached = Some(number);
        // New ones: a permit that the last connection has left in them is not for this one.
        self.taken_over = Arc::default();
        self.wake = Arc::default();
        // What has waited for the client is sent at once.
        self.wake.notify_one();
    }

    pub(crate) fn push(&mut self, queued: Queued) {
        self.outbox.push(queued);
        self.wake.notify_one();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.attached.is_none() && self.gone_since.elapsed() >= self.expiry
    }
}
