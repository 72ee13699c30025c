//! The tie between a connection and its session.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::identity::{Identity, Origin, SessionId};
use crate::packet::{Version, Will};

/// How a client that was let in wants its session: what is left of its CONNECT when it has
/// been checked against the limits.
pub(crate) struct AttachRequest {
    pub(crate) owner: Arc<Identity>,
    pub(crate) client_id: Arc<str>,
    /// Whether a session of the same client is thrown away first.
    pub(crate) clean: bool,
    /// How long the session outlives the connection.
    pub(crate) expiry: Duration,
    /// How many messages may be on their way to the client without its acknowledgement.
    pub(crate) window_max: usize,
    pub(crate) packet_bytes_max: usize,
    pub(crate) version: Version,
    /// Taken when the session is attached.
    pub(crate) will: Option<Will>,
    pub(crate) signals: Arc<Signals>,
}

/// A connection's hold of its session. It is good for as long as no other connection of the
/// same client has taken the session over; after that, the hub answers with `None`.
pub(crate) struct Attached {
    pub(crate) session: SessionId,
    pub(crate) origin: Origin,
    /// The attachment's own number: the next one of the same session has another.
    pub(crate) number: u64,
    /// Whether the session was there before.
    pub(crate) session_present: bool,
    pub(crate) signals: Arc<Signals>,
}

/// What a connection is told from outside. There is one thing to wait for, since thousands of
/// connections wait, and flags that say what has happened.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// There is something to do: to send, to acknowledge, or one of the flags.
    pub(crate) wake: Notify,
    is_taken_over: AtomicBool,
    must_give_way: AtomicBool,
    waits_for_room: AtomicBool,
}

impl Signals {
    /// Another connection of the same client is there.
    pub(crate) fn take_over(&self) {
        // Release, with Acquire below: whoever sees the flag sees what was done before.
        self.is_taken_over.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    pub(crate) fn is_taken_over(&self) -> bool {
        self.is_taken_over.load(Ordering::Acquire)
    }

    /// What it has half received takes the room of others.
    pub(crate) fn give_way(&self) {
        self.must_give_way.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    pub(crate) fn must_give_way(&self) -> bool {
        self.must_give_way.load(Ordering::Acquire)
    }

    /// Whether it did not wait for room before.
    pub(crate) fn begin_to_wait_for_room(&self) -> bool {
        !self.waits_for_room.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn has_room(&self) {
        self.waits_for_room.store(false, Ordering::Release);
        self.wake.notify_one();
    }
}
