//! What the broker knows of one client, connected or not.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::attachment::Signals;
use crate::identity::Origin;
use crate::outbox::{Outbox, Queued};
use crate::packet::Will;
use crate::receipt::Receipt;

pub(crate) struct Session {
    pub(crate) origin: Origin,
    pub(crate) client_id: Arc<str>,
    /// What it has subscribed to: the subscriptions themselves are in the tree, and the tree
    /// cannot be searched by session when this one ends.
    pub(crate) filters: HashSet<String>,
    /// The connection that has it, by the number of the attachment.
    attached: Option<(u64, Arc<Signals>)>,
    /// Those who want to take it over, and wait until that connection has let go of it.
    successors: Vec<oneshot::Sender<()>>,
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
    pub(crate) fn new(origin: Origin, client_id: Arc<str>, queued_bytes: Arc<AtomicUsize>) -> Self {
        Self {
            origin,
            client_id,
            filters: HashSet::new(),
            attached: None,
            successors: Vec::new(),
            expiry: Duration::ZERO,
            gone_since: Instant::now(),
            unreleased: HashMap::new(),
            will: None,
            will_due: None,
            outbox: Outbox::new(queued_bytes),
        }
    }

    /// A connection takes the session.
    pub(crate) fn attach(&mut self, number: u64, signals: &Arc<Signals>) {
        // What has waited for the client is sent at once.
        signals.wake.notify_one();
        self.attached = Some((number, Arc::clone(signals)));
    }

    /// Its connection is over, so another one may have it.
    pub(crate) fn detach(&mut self) {
        self.attached = None;
        self.gone_since = Instant::now();
        // Those who wait are told by the end of their channels.
        self.successors = Vec::new();
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.attached.is_some()
    }

    pub(crate) fn is_attached_by(&self, number: u64) -> bool {
        self.attached.as_ref().is_some_and(|(of, _)| *of == number)
    }

    /// Asks the connection that has the session to let go of it: what ends when it has.
    /// `None` where there is no such connection.
    pub(crate) fn ask_to_leave(&mut self) -> Option<oneshot::Receiver<()>> {
        let (_, signals) = self.attached.as_ref()?;
        signals.take_over();
        let (successor, left) = oneshot::channel();
        self.successors.retain(|other| !other.is_closed());
        self.successors.push(successor);
        Some(left)
    }

    pub(crate) fn push(&mut self, queued: Queued) {
        self.outbox.push(queued);
        self.wake();
    }

    /// There is something to do for its connection, if it has one.
    pub(crate) fn wake(&self) {
        if let Some((_, signals)) = &self.attached {
            signals.wake.notify_one();
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        !self.is_attached() && self.gone_since.elapsed() >= self.expiry
    }
}
