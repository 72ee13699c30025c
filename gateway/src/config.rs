//! What an operator may set.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// Largest request body.
    pub body_bytes_max: usize,
    /// How long a client may take to send a body.
    pub body_ms_max: u64,
    /// How long a request waits for an actor.
    pub call_ms_max: u64,
    /// The restaurant of an order that names none.
    pub default_restaurant: String,
    /// A silent event stream says so this often, so that nobody in between closes it.
    pub sse_keepalive_ms: u64,
    /// Event streams open at once; above it, new ones are shed.
    pub sse_streams_max: usize,
    /// Events read at once from a stream's history.
    pub sse_page: usize,
    /// Connections open at once; above it, new ones wait.
    pub connections_max: usize,
    /// How long a client may take to send a request's head, and how long a connection
    /// without a request stays open.
    pub head_ms_max: u64,
    /// Largest request head.
    pub head_bytes_max: usize,
    /// How long requests may take to finish when the gateway stops.
    pub drain_ms: u64,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)),
            body_bytes_max: 1 << 20,
            body_ms_max: 10_000,
            call_ms_max: 30_000,
            default_restaurant: "napoli".to_owned(),
            sse_keepalive_ms: 15_000,
            sse_streams_max: 10_000,
            sse_page: 256,
            connections_max: 16_384,
            head_ms_max: 60_000,
            head_bytes_max: 64 << 10,
            drain_ms: 10_000,
        }
    }
}
