//! What an operator may set.

use std::net::{Ipv4Addr, SocketAddr};

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// Where HTTP is served.
    pub http: SocketAddr,
    /// Largest request body.
    pub body_bytes_max: usize,
    /// The restaurant of an order that names none.
    pub default_restaurant: String,
    /// A silent event stream says so this often, so that nobody in between closes it.
    pub sse_keepalive_ms: u64,
    /// How long requests may take to finish when the gateway stops.
    pub drain_ms: u64,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)),
            body_bytes_max: 1 << 20,
            default_restaurant: "napoli".to_owned(),
            sse_keepalive_ms: 15_000,
            drain_ms: 10_000,
        }
    }
}
