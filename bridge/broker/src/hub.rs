//! The middle of the broker: sessions, subscriptions and retained messages. Everything here
//! is done at once, under one lock, and never waits; [`State`] is what the lock protects, and
//! [`Hub`] wakes those who have waited for a change of it.

mod presence;
mod room;
mod router;
mod state;
mod system;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

use self::presence::Presence;
use self::room::Room;
pub(crate) use self::router::{Backpressure, Subscribed};
pub(crate) use self::state::Attachment;
use self::state::State;
pub(crate) use self::system::is_reserved;
use crate::attachment::{AttachRequest, Attached};
use crate::config::Limits;
use crate::input::InputBudget;
use crate::metrics;
use crate::outbox::{Batch, Due, Outbox, Settled};
use crate::packet::{Message, Outgoing, Refused, SubscriptionOptions};
use crate::receipt::Receipt;
use crate::session::Session;

pub(crate) struct Hub {
    state: Mutex<State>,
    pub(crate) room: Room,
    pub(crate) input: Arc<InputBudget>,
    presence: Presence,
    is_closing: AtomicBool,
    pub(crate) limits: Arc<Limits>,
    /// Bytes on their way to clients, of all of them.
    pub(crate) queued_bytes: Arc<AtomicUsize>,
}

impl Hub {
    pub(crate) fn new(limits: Limits) -> Self {
        let limits = Arc::new(limits);
        let state = State::new(Arc::clone(&limits));
        Self {
            queued_bytes: Arc::clone(&state.router.queued_bytes),
            state: Mutex::new(state),
            room: Room::default(),
            input: Arc::new(InputBudget::new(limits.input_bytes_max)),
            presence: Presence::default(),
            is_closing: AtomicBool::new(false),
            limits,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// With `by_force`, an older connection that has the session is not asked to leave first.
    ///
    /// # Errors
    /// The reason code of a refusal.
    pub(crate) fn attach(
        &self,
        request: &mut AttachRequest,
        by_force: bool,
    ) -> Result<Attachment, u8> {
        let attachment = self.state().attach(request, by_force)?;
        if let Attachment::Done(attached) = &attachment {
            self.presence.connects(attached.origin);
        }
        Ok(attachment)
    }

    /// Every connection is to end: those that are there, and those that come.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
        self.state().router.wake_all();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }

    /// A connection is over.
    pub(crate) fn detach(&self, of: &Attached, with_will: bool, expiry: Option<Duration>) {
        self.presence.disconnects(of.origin);
        self.state().detach(of, with_will, expiry);
        // A session that has ended has room for everybody who waited for it.
        self.room.notify();
    }

    /// Ends what has expired.
    pub(crate) fn sweep(&self) {
        self.state().sweep();
        self.room.notify();
    }

    pub(crate) fn subscribe(
        &self,
        of: &Attached,
        filter: &str,
        options: SubscriptionOptions,
        id: Option<u32>,
    ) -> Subscribed {
        self.state().subscribe(of, filter, options, id)
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
            session.wake();
        }
        for receipt in due.undeliverable {
            state.router.acknowledged(Some(receipt));
        }
        state.router.system.sent += due.packets.len() as u64;
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
        session.wake();
        state.router.acknowledged(receipt);
        drop(state);
        self.notify_room(of);
        Some(Ok(()))
    }

    fn notify_room(&self, of: &Attached) {
        if of.origin.is_internal() {
            self.room.notify();
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
