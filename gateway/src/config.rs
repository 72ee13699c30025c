//! What an operator may set.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use pizza_edge::Secret;
use pizza_http::{Admission, HostName, Limits, Origin};
use serde::Deserialize;

use crate::identity::Role;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// Where HTTP is served.
    pub http: SocketAddr,
    pub https: HttpsConfig,
    /// Who may do what.
    pub tokens: Vec<TokenConfig>,
    /// Requests from this machine need no token; for a demo that nobody else reaches.
    pub anonymous_on_loopback: bool,
    /// Menus need no token, wherever somebody comes from: customers look at one before they order.
    pub public_menu: bool,
    /// Names beside localhost, 127.0.0.1 and [::1] by which those may ask who need no token.
    pub hosts: Vec<HostName>,
    /// Web pages that may ask, beside those that come from here.
    pub cors_origins: Vec<Origin>,
    /// Whether MQTT is served over WebSocket at `/mqtt`, where there is a broker.
    pub mqtt: bool,
    /// Requests a second of one client, in the long run; 0 is no limit. Admins and those
    /// who need no token have none.
    pub rate_per_second: u32,
    /// Requests that a client may make at once after a pause.
    pub rate_burst: u32,
    /// Whether gateways tell each other what clients used, so that the limits hold over all of them.
    pub rate_shared: bool,
    /// The largest request body, in bytes.
    pub body_bytes_max: usize,
    /// How long a client may take to send a body, in milliseconds.
    pub body_ms_max: u64,
    /// How long a request waits for an actor, in milliseconds.
    pub call_ms_max: u64,
    /// The restaurant of an order that names none.
    pub default_restaurant: String,
    /// How often a silent event stream says that it is still there, in milliseconds, so that nobody
    /// in between closes it.
    pub sse_keepalive_ms: u64,
    /// How often an event stream tells its pages that it lives, what time it is and how far it has
    /// come, in milliseconds.
    pub sse_time_ms: u64,
    /// How often a manager's stream looks at figures, stock and kitchen, which nobody publishes, in
    /// milliseconds.
    pub sse_look_ms: u64,
    /// How soon a client whose event stream broke off should come back, in milliseconds.
    pub sse_retry_ms: u64,
    /// The most event streams that are open at once; above it, new ones are shed.
    pub sse_streams_max: usize,
    /// How many events are read at once from a stream's history.
    pub sse_page: usize,
    /// The most connections open at once; above it, those that have been idle the longest make
    /// room.
    pub connections_max: usize,
    /// The most connections of one address; an IPv6 network of 64 bits counts as one address.
    pub connections_per_address_max: usize,
    /// How long a client may take to send a request's head, and how long a connection without a
    /// request stays open, in milliseconds.
    pub head_ms_max: u64,
    /// The largest request head in bytes: the request line and all header lines, as they are sent.
    pub head_bytes_max: usize,
    /// How long requests may take to finish when the gateway stops, in milliseconds.
    pub drain_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpsConfig {
    pub on: bool,
    pub address: SocketAddr,
    /// The PEM file of the certificate, followed by those that vouch for it. Without one, a
    /// certificate that vouches for itself is made at the first start.
    pub certificate: Option<PathBuf>,
    /// The PEM file of the certificate's private key.
    pub key: Option<PathBuf>,
}

/// A bearer token, and who its holder is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    pub token: Secret,
    pub role: Role,
    /// The id of the customer, the driver or the restaurant that its holder is or works for.
    #[serde(default)]
    pub subject: String,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            http: SocketAddr::from((Ipv4Addr::LOCALHOST, 5000)),
            https: HttpsConfig::default(),
            tokens: Vec::new(),
            anonymous_on_loopback: true,
            public_menu: false,
            hosts: Vec::new(),
            cors_origins: Vec::new(),
            mqtt: true,
            rate_per_second: 50,
            rate_burst: 100,
            rate_shared: true,
            body_bytes_max: 1 << 20,
            body_ms_max: 10_000,
            call_ms_max: 30_000,
            default_restaurant: "napoli".to_owned(),
            sse_keepalive_ms: 15_000,
            sse_time_ms: 10_000,
            sse_look_ms: 5_000,
            sse_retry_ms: 2_000,
            sse_streams_max: 10_000,
            sse_page: 256,
            connections_max: limits.connections_max,
            connections_per_address_max: limits.connections_per_address_max,
            head_ms_max: limits.head_ms_max,
            head_bytes_max: limits.head_bytes_max,
            drain_ms: limits.drain_ms,
        }
    }
}

impl GatewayConfig {
    /// The key of the actors that are meant where a request names none.
    #[must_use]
    pub fn default_key(&self) -> &str {
        &self.default_restaurant
    }

    /// What the connections of its listeners are bound by.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            connections_max: self.connections_max,
            connections_per_address_max: self.connections_per_address_max,
            head_ms_max: self.head_ms_max,
            head_bytes_max: self.head_bytes_max,
            drain_ms: self.drain_ms,
        }
    }

    pub(crate) fn admission(&self) -> Admission {
        Admission {
            tokens_optional: self.anonymous_on_loopback,
            hosts: self.hosts.clone(),
            origins: self.cors_origins.clone(),
        }
    }
}

impl Default for HttpsConfig {
    fn default() -> Self {
        Self {
            on: true,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 5001)),
            certificate: None,
            key: None,
        }
    }
}
