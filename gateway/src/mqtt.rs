//! What serves MQTT behind this gateway. The gateway knows WebSockets and who may open one; what
//! is spoken inside is somebody else's, who is handed in from outside.

use std::pin::Pin;

use crate::byte_stream::ByteStream;

/// Serves one client's stream, and returns when that is done or somebody else does it.
pub type ServeMqtt =
    Box<dyn Fn(ByteStream, Opener) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Who serves MQTT to those who come by WebSocket.
pub struct Mqtt {
    pub serve: ServeMqtt,
    /// Whether it finds out by itself who a client is. If not, only those get as far as that who
    /// may do everything here.
    pub asks_who: bool,
    /// The largest message of a WebSocket that is taken, in bytes.
    pub message_bytes_max: usize,
}

/// What the gateway knows of who opens a WebSocket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// Somebody who may do everything: with the token of an admin, or without one on this machine,
    /// where the operator allows that.
    Trusted,
    Unknown,
}
