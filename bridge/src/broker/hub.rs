//! The middle of the broker: sessions, subscriptions, and what is kept. Everything here is
//! done at once, under one lock, and never waits.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::config::Limits;
use super::metrics;
use super::outbox::{Batch, Due, Outbox};
use super::packet::{Message, Outgoing, Will, Wish, reason};
use super::receipt::Receipt;
use super::retained::Retained;
use super::session::{Session, SessionId, Side};
use super::subscriptions::{Subscription, Subscriptions};
use super::topic;

mod doors;
mod route;

pub(super) struct Hub {
    state: Mutex<State>,
    /// Something that the house was sent has been taken.
    pub(super) room: Notify,
    house: doors::House,
    pub(super) limits: Arc<Limits>,
}

struct State {
    sessions: HashMap<SessionId, Session>,
    by_client: HashMap<(Side, String), SessionId>,
    subscriptions: Subscriptions,
    retained: Retained,
    last_number: u64,
    /// Sessions of the street.
    guests: usize,
    /// Bytes that wait for all clients together.
    held: Arc<AtomicUsize>,
    limits: Arc<Limits>,
}

/// A connection's hold of its session.
#[derive(Clone)]
pub(super) struct Attached {
    pub(super) session: SessionId,
    pub(super) side: Side,
    pub(super) number: u64,
    pub(super) present: bool,
    pub(super) wake: Arc<Notify>,
    pub(super) taken_over: Arc<Notify>,
}

/// How a client wants to be attached.
pub(super) struct Guest {
    pub(super) side: Side,
    pub(super) client_id: String,
    pub(super) clean: bool,
    pub(super) expiry: Duration,
    pub(super) window_max: usize,
    pub(super) packet_bytes_max: usize,
    pub(super) will: Option<Will>,
}

/// The house is behind; the publisher waits for it.
#[derive(Debug)]
pub(super) struct Behind;

/// The answer to a subscription.
pub(super) struct Subscribed {
    pub(super) code: u8,
    /// Messages that were kept and are on their way now.
    pub(super) kept: usize,
}

impl Subscribed {
    fn refused(code: u8) -> Self {
        Self { code, kept: 0 }
    }
}

impl Hub {
    pub(super) fn new(limits: Limits) -> Self {
        let retained = Retained::new(limits.retained_max, limits.retained_bytes_max);
        let limits = Arc::new(limits);
        Self {
            state: Mutex::new(State {
                sessions: HashMap::new(),
                by_client: HashMap::new(),
                subscriptions: Subscriptions::default(),
                retained,
                last_number: 0,
                guests: 0,
                held: Arc::default(),
                limits: Arc::clone(&limits),
            }),
            room: Notify::new(),
            house: doors::House::default(),
            limits,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Nothing when there are too many sessions already.
    pub(super) fn attach(&self, guest: Guest) -> Option<Attached> {
        let mut state = self.state();
        let (side, key) = (guest.side, (guest.side, guest.client_id.clone()));
        if let Some(id) = state.by_client.get(&key).copied() {
            state.succeed(id, guest.clean);
        }
        let present = state.by_client.contains_key(&key);
        if !present && side == Side::Street {
            if state.guests >= self.limits.sessions_max && !state.forget_one() {
                return None;
            }
            state.guests += 1;
        }
        state.last_number += 1;
        let (number, held) = (state.last_number, Arc::clone(&state.held));
        let id = *state.by_client.entry(key).or_insert(SessionId(number));
        let session = state.sessions.entry(id);
        let session = session.or_insert_with(|| Session::new(side, guest.client_id, held));
        session.attach(number);
        session.expiry = guest.expiry;
        session.will = guest.will;
        let outbox = &mut session.outbox;
        outbox.connect(guest.window_max, guest.packet_bytes_max);
        self.house.comes(side);
        Some(Attached {
            session: id,
            side,
            number,
            present,
            wake: Arc::clone(&session.wake),
            taken_over: Arc::clone(&session.taken_over),
        })
    }

    /// A connection is over. What it has left behind is told if it did not part in peace.
    pub(super) fn detach(&self, of: &Attached, with_will: bool, expiry: Option<Duration>) {
        self.house.goes(of.side);
        let mut state = self.state();
        let Some(session) = state.own(of) else {
            return;
        };
        session.attached = None;
        session.gone_since = Instant::now();
        session.expiry = expiry.unwrap_or(session.expiry);
        session.will = session.will.take().filter(|_| with_will);
        let delay = session.will.as_ref().map(|will| will.delay_s);
        let delay = Duration::from_secs(delay.unwrap_or_default().into());
        // A day is as good as for ever: the session does not live longer.
        session.will_due = Some(Instant::now() + delay.min(session.expiry));
        if session.expiry.is_zero() {
            state.forget(of.session);
        } else if delay.is_zero() {
            state.tell_will(of.session);
        }
        drop(state);
        self.room.notify_waiters();
    }

    /// Sessions whose time is over are forgotten, and wills told whose time has come.
    pub(super) fn sweep(&self) {
        let mut state = self.state();
        let now = Instant::now();
        let (mut over, mut due) = (Vec::new(), Vec::new());
        for (id, session) in &state.sessions {
            if session.is_over() {
                over.push(*id);
            } else if session.attached.is_none() && session.will_due.is_some_and(|at| at <= now) {
                due.push(*id);
            }
        }
        due.into_iter().for_each(|id| state.tell_will(id));
        over.into_iter().for_each(|id| state.forget(id));
        drop(state);
        self.room.notify_waiters();
    }

    pub(super) fn subscribe(
        &self,
        of: &Attached,
        filter: &str,
        wish: Wish,
        number: Option<u32>,
    ) -> Subscribed {
        if let Some(reason) = topic::unfit(filter) {
            metrics::refused("a filter is unfit");
            return Subscribed::refused(reason);
        }
        let is_shared = topic::shared(filter).is_some();
        if is_shared && wish.no_local {
            return Subscribed::refused(reason::PROTOCOL_ERROR);
        }
        let mut state = self.state();
        let subscriptions_max = self.limits.subscriptions_max;
        let Some(session) = state.own(of) else {
            return Subscribed::refused(reason::BUSY);
        };
        if !session.filters.contains(filter) && session.filters.len() >= subscriptions_max {
            metrics::refused("too many subscriptions");
            return Subscribed::refused(reason::QUOTA);
        }
        session.filters.insert(filter.to_owned());
        let subscription = Subscription { wish, number };
        let all = &mut state.subscriptions;
        let is_new = all.add(filter, of.side, of.session, subscription);
        let wants_kept = wish.retained == 0 || (wish.retained == 1 && is_new);
        let kept = match wants_kept && !is_shared {
            true => state.send_kept(of, filter, subscription),
            false => 0,
        };
        Subscribed {
            code: wish.qos.bits(),
            kept,
        }
    }

    pub(super) fn unsubscribe(&self, of: &Attached, filter: &str) -> u8 {
        let mut state = self.state();
        let was = state.own(of).is_some_and(|s| s.filters.remove(filter));
        match was && state.subscriptions.remove(filter, of.side, of.session) {
            true => reason::OK,
            false => reason::NO_SUBSCRIPTION,
        }
    }

    /// Hands it to everybody who wants it, or to nobody. What there is to wait for before
    /// it may be acknowledged.
    ///
    /// # Errors
    /// When the house has no room for it.
    pub(super) fn publish(
        &self,
        message: &Arc<Message>,
        of: &Attached,
    ) -> Result<Option<Arc<Receipt>>, Behind> {
        let receipt = self.state().publish(message, of.session, of.side)?;
        metrics::received();
        Ok(receipt)
    }

    /// What is to be sent now; `None` when the session is another connection's.
    pub(super) fn next(&self, of: &Attached, batch: Batch) -> Option<Vec<Outgoing>> {
        let mut state = self.state();
        let session = state.own(of)?;
        let mut due = Due::default();
        if session.outbox.next(batch, &mut due) {
            session.wake.notify_one();
        }
        for receipt in due.done_with {
            state.taken(Some(receipt));
        }
        drop(state);
        if !due.packets.is_empty() {
            metrics::sent(due.packets.len());
            self.makes_room(of);
        }
        Some(due.packets)
    }

    /// The client has done its part for one message; so may whoever sent it.
    pub(super) fn settle(
        &self,
        of: &Attached,
        act: impl FnOnce(&mut Outbox) -> Option<Arc<Receipt>>,
    ) -> Option<()> {
        let mut state = self.state();
        let session = state.own(of)?;
        let receipt = act(&mut session.outbox);
        session.wake.notify_one();
        state.taken(receipt);
        drop(state);
        self.makes_room(of);
        Some(())
    }

    fn makes_room(&self, of: &Attached) {
        if of.side == Side::House {
            self.room.notify_waiters();
        }
    }

    pub(super) fn with<T>(&self, of: &Attached, act: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.state().own(of).map(act)
    }
}
