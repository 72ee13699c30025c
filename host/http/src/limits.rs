//! How many may come in, and how slow they may be.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
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
    /// How long requests may take to finish when the listener closes, in milliseconds.
    pub drain_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 16_384,
            connections_per_address_max: 8_192,
            head_ms_max: 60_000,
            head_bytes_max: 64 << 10,
            drain_ms: 10_000,
        }
    }
}

impl Limits {
    /// The same limits with no more than so many connections, whatever was configured.
    #[must_use]
    pub fn within(mut self, connections_max: usize) -> Self {
        self.connections_max = self.connections_max.min(connections_max);
        self
    }
}
