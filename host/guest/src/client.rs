//! The clients of other actors that a component imports.

use std::sync::Arc;

use pizza_value::ty::{Function, Type};

/// An imported interface `X-client`.
pub struct ClientImport {
    /// The actor type that the functions are methods of.
    pub actor_type: String,
    pub interface: String,
    pub functions: Vec<Arc<ClientFunction>>,
}

/// One function of a client interface.
pub struct ClientFunction {
    /// The target's method as this client expects it, without the key and without the
    /// failures of the call itself.
    pub function: Function,
    /// Whether the message is only sent, and nobody waits for a reply.
    pub one_way: bool,
    /// The type that the target's reply is read as; `None` when it returns nothing.
    pub reply: Option<Type>,
    /// Whether the target may decline: its own error is then the case `refused` of the client's.
    pub(crate) refused: bool,
}
