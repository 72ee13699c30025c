//! What the broker knows of one client, connected or not.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::account::Account;
use crate::attachment::Signals;
use crate::config::Limits;
use crate::identity::{Identity, Origin};
use crate::outbox::{Outbox, Queued};
use crate::packet::Will;
use crate::receipt::Receipt;
use crate::subscriptions;

/// Itself, its client id, and its places in the tables, in bytes.
pub(crate) fn bytes(client_id: &str) -> usize {
    768 + client_id.len()
}

/// What a message at QoS 2 takes that is not released: an entry, and what its answer waits for.
pub(crate) const UNRELEASED_BYTES: usize = 96;

pub(crate) struct Session {
    pub(crate) owner: Arc<Identity>,
    pub(crate) origin: Origin,
    pub(crate) client_id: Arc<str>,
    /// What it has subscribed to, sorted: the subscriptions themselves are in the tree, and
    /// the tree cannot be searched by session when this one ends.
    filters: Vec<Box<str>>,
    /// The connection that has it, by the number of the attachment.
    attached: Option<(u64, Arc<Signals>)>,
    /// Those who want to take it over, and wait until that connection has let go of it.
    successors: Vec<oneshot::Sender<()>>,
    /// How long it outlives its connection.
    pub(crate) expiry: Duration,
    pub(crate) gone_since: Instant,
    /// Messages at QoS 2 that were received and are not released yet, by their packet id,
    /// each with what has to be complete before it may be answered.
    unreleased: Vec<(u16, Option<Arc<Receipt>>)>,
    will: Option<Will>,
    /// When the will of a client that is gone is published.
    pub(crate) will_due: Option<Instant>,
    pub(crate) outbox: Outbox,
    /// What it takes of memory beside the outbox, which is counted by itself.
    account: Account,
}

impl Session {
    pub(crate) fn new(
        owner: Arc<Identity>,
        client_id: Arc<str>,
        queued_bytes: Arc<AtomicUsize>,
        session_bytes: Arc<AtomicUsize>,
    ) -> Self {
        let mut account = Account::new(session_bytes);
        account.add(bytes(&client_id));
        Self {
            origin: owner.origin(),
            owner,
            client_id,
            filters: Vec::new(),
            attached: None,
            successors: Vec::new(),
            expiry: Duration::ZERO,
            gone_since: Instant::now(),
            unreleased: Vec::new(),
            will: None,
            will_due: None,
            outbox: Outbox::new(queued_bytes),
            account,
        }
    }

    /// Whether it may take so many bytes more. The internal client's part is not bounded.
    pub(crate) fn has_room(&self, bytes: usize, limits: &Limits) -> bool {
        let (own, all) = (self.account.bytes, self.account.total());
        self.origin.is_internal()
            || (own.saturating_add(bytes) <= limits.session_bytes_max
                && all.saturating_add(bytes) <= limits.sessions_bytes_max)
    }

    pub(crate) fn filters(&self) -> &[Box<str>] {
        &self.filters
    }

    fn filter(&self, filter: &str) -> Result<usize, usize> {
        self.filters.binary_search_by(|other| (**other).cmp(filter))
    }

    pub(crate) fn has_filter(&self, filter: &str) -> bool {
        self.filter(filter).is_ok()
    }

    pub(crate) fn add_filter(&mut self, filter: &str) {
        if let Err(at) = self.filter(filter) {
            self.filters.insert(at, filter.into());
            self.account.add(subscriptions::bytes(filter));
        }
    }

    /// Whether it had it.
    pub(crate) fn remove_filter(&mut self, filter: &str) -> bool {
        let at = self.filter(filter);
        if let Ok(at) = at {
            self.filters.remove(at);
            self.account.subtract(subscriptions::bytes(filter));
        }
        at.is_ok()
    }

    pub(crate) fn will(&self) -> Option<&Will> {
        self.will.as_ref()
    }

    pub(crate) fn set_will(&mut self, will: Option<Will>) {
        self.take_will();
        self.account.add(will.as_ref().map_or(0, Will::bytes));
        self.will = will;
    }

    pub(crate) fn take_will(&mut self) -> Option<Will> {
        let will = self.will.take();
        self.account.subtract(will.as_ref().map_or(0, Will::bytes));
        will
    }

    fn unreleased(&self, id: u16) -> Result<usize, usize> {
        self.unreleased.binary_search_by_key(&id, |(id, _)| *id)
    }

    pub(crate) fn unreleased_count(&self) -> usize {
        self.unreleased.len()
    }

    /// Whether a message with this packet id was received and not released, and if so, what
    /// its answer waits for.
    pub(crate) fn received(&self, id: u16) -> Option<Option<Arc<Receipt>>> {
        let at = self.unreleased(id).ok()?;
        Some(self.unreleased[at].1.clone())
    }

    pub(crate) fn receive(&mut self, id: u16, waits_for: Option<Arc<Receipt>>) {
        match self.unreleased(id) {
            Ok(at) => self.unreleased[at].1 = waits_for,
            Err(at) => {
                self.unreleased.insert(at, (id, waits_for));
                self.account.add(UNRELEASED_BYTES);
            }
        }
    }

    /// Whether there was such a message.
    pub(crate) fn release(&mut self, id: u16) -> bool {
        let at = self.unreleased(id);
        if let Ok(at) = at {
            self.unreleased.remove(at);
            self.account.subtract(UNRELEASED_BYTES);
            if self.unreleased.is_empty() {
                self.unreleased = Vec::new();
            }
        }
        at.is_ok()
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
