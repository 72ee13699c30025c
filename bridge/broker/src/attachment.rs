//! The tie between a connection and its session.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::identity::{Origin, SessionId};
use crate::packet::Will;

/// How a client that was let in wants its session: what is left of its CONNECT when it has
/// been checked against the limits.
pub(crate) struct AttachRequest {
    pub(crate) origin: Origin,
    pub(crate) client_id: String,
    /// Whether a session of the same client is thrown away first.
    pub(crate) clean: bool,
    /// How long the session outlives the connection.
    pub(crate) expiry: Duration,
    /// How many messages may be on their way to the client without its acknowledgement.
    pub(crate) window_max: usize,
    pub(crate) packet_bytes_max: usize,
    pub(crate) will: Option<Will>,
}

/// A connection's hold of its session. It is good for as long as no other connection of the
/// same client has taken the session over; after that, the hub answers with `None`.
#[derive(Clone)]
pub(crate) struct Attached {
    pub(crate) session: SessionId,
    pub(crate) origin: Origin,
    /// The attachment's own number: the next one of the same session has another.
    pub(crate) number: u64,
    /// Whether the session was there before.
    pub(crate) session_present: bool,
    /// There is something to send.
    pub(crate) wake: Arc<Notify>,
    pub(crate) taken_over: Arc<Notify>,
}
