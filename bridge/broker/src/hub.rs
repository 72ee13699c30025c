//! The middle of the broker: sessions, subscriptions and retained messages. Everything here
//! is done at once, under one lock, and never waits; [`State`] is what the lock protects, and
//! [`Hub`] wakes those who have waited for a change of it.

mod presence;
mod router;
mod state;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, watch};

use self::presence::Presence;
pub(crate) use self::router::{Backpressure, Subscribed};
use self::state::State;
use crate::attachment::{AttachRequest, Attached};
use crate::config::Limits;
use crate::metrics;
use crate::outbox::{Batch, Due, Outbox, Settled};
use crate::packet::{Message, Outgoing, Refused, SubscriptionOptions};
use crate::receipt::Receipt;
use crate::session::Session;

pub(crate) struct Hub {
    state: Mutex<State>,
    /// The internal client may have room again.
    pub(crate) room: Notify,
    presence: Presence,
    pub(crate) limits: Arc<Limits>,
}

impl Hub {
    pub(crate) fn new(limits: Limits) -> Self {
        let limits = Arc::new(limits);
        Self {
            state: Mutex::new(State::new(Arc::clone(&limits))),
            room: Notify::new(),
            presence: Presence::default(),
            limits,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// `None` when there are too many sessions already.
    pub(crate) fn attach(&self, request: AttachRequest) -> Option<Attached> {
        let origin = request.origin;
        let attached = self.state().attach(request)?;
        self.presence.connects(origin);
        Some(attached)
    }

    /// A connection is over.
    pub(crate) fn detach(&self, of: &Attached, with_will: bool, expiry: Option<Duration>) {
        self.presence.disconnects(of.origin);
        self.state().detach(of, with_will, expiry);
        // A session that has ended has room for everybody who waited for it.
        self.room.notify_waiters();
    }

    /// Ends what has expired.
    pub(crate) fn sweep(&self) {
        self.state().sweep();
        self.room.notify_waiters();
    }

    pub(crate) fn subscribe(
        &self,
        of: &Attached,
        filter: &str,
        options: SubscriptionOptions,
        id: Option<u32>,
    ) -> Subscribed {
        let mut state = self.state();
        state.router.subscribe(of, filter, options, id)
    }

    /// The reason code for the client.
    pub(crate) fn unsubscribe(&self, of: &Attached, filter: &str) -> u8 {
        self.state().router.unsubscribe(of, filter)
    }

    /// Hands the message to every subscriber, or to none. What is returned has to be complete
    /// before the message may be acknowledged.
    ///
    /// # Errors
    /// When the internal client has no room for it.
    pub(crate) fn publish(
        &self,
        message: &Arc<Message>,
        of: &Attached,
    ) -> Result<Option<Arc<Receipt>>, Backpressure> {
        let mut state = self.state();
        let receipt = state.router.publish(message, of.session, of.origin)?;
        drop(state);
        metrics::received();
        Ok(receipt)
    }

    /// What is to be sent now; `None` when the session is another connection's.
    pub(crate) fn next(&self, of: &Attached, batch: Batch) -> Option<Vec<Outgoing>> {
        let mut state = self.state();
        let session = state.router.attached(of)?;
        let mut due = Due::default();
        if session.outbox.next(batch, &mut due) {
            // The connection comes back for the rest, after it has written this.
            session.wake.notify_one();
        }
        for receipt in due.undeliverable {
            state.router.acknowledged(Some(receipt));
        }
        drop(state);
        if !due.packets.is_empty() {
            metrics::sent(due.packets.len());
            self.notify_room(of);
        }
        Some(due.packets)
    }

    /// The client has acknowledged something: `act` finds out what, and the publisher may be
    /// acknowledged in turn. `None` when the session is another connection's.
    pub(crate) fn settle(
        &self,
        of: &Attached,
        act: impl FnOnce(&mut Outbox) -> Settled,
    ) -> Option<Result<(), Refused>> {
        let mut state = self.state();
        let session = state.router.attached(of)?;
        let receipt = match act(&mut session.outbox) {
            Ok(receipt) => receipt,
            Err(refused) => return Some(Err(refused)),
        };
        // The window has room for the next message.
        session.wake.notify_one();
        state.router.acknowledged(receipt);
        drop(state);
        self.notify_room(of);
        Some(Ok(()))
    }

    fn notify_room(&self, of: &Attached) {
        if of.origin.is_internal() {
            self.room.notify_waiters();
        }
    }

    /// `None` when the session is another connection's.
    pub(crate) fn with<T>(&self, of: &Attached, act: impl FnOnce(&mut Session) -> T) -> Option<T> {
        self.state().router.attached(of).map(act)
    }

    /// Becomes true when the internal client subscribes for the first time.
    pub(crate) fn internal_is_subscribed(&self) -> watch::Receiver<bool> {
        self.presence.is_subscribed()
    }

    pub(crate) fn internal_has_subscribed(&self) {
        self.presence.subscribes();
    }

    /// Waits until the internal client has disconnected: then all that it has acknowledged
    /// has been handled.
    pub(crate) async fn internal_has_left(&self, within: Duration) {
        self.presence.has_left(within).await;
    }
}
