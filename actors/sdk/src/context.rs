//! Who is asking whom, and when. Everything here is fixed for the length of one turn.

use std::fmt;

pub use crate::bindings::silo::actor::context::Identity;
use crate::host::context as host;

/// The type and the key of this actor.
pub fn self_id() -> Identity {
    host::self_id()
}

/// This actor's key: what follows the type in `order/order-17`.
pub fn key() -> String {
    host::key()
}

/// The message that this turn handles: 32 hexadecimal digits, the same again when it is retried.
pub fn message_id() -> String {
    host::message_id()
}

/// The actor that sent the message; `None` when it came from outside.
pub fn caller() -> Option<Identity> {
    host::caller()
}

/// Milliseconds since the Unix epoch at the start of the turn.
pub fn now_ms() -> u64 {
    host::now()
}

pub fn random() -> u64 {
    host::random()
}

/// The trace this turn belongs to, empty when there is none.
pub fn trace_id() -> String {
    host::trace_id()
}

/// An identity as it is written everywhere: `type/key`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.actor_type, self.key)
    }
}
