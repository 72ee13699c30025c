//! The times that bound a cluster, in milliseconds.

/// How soon a silo counts as dead, and how soon it no longer believes itself.
///
/// The lease must be over before anybody else takes the silo for dead, however the two read their
/// clocks: so it is shorter than [`dead_after_ms`](Self::dead_after_ms), and counted from when
/// a heartbeat was sent, while the others count from when they saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterSettings {
    /// The time from one heartbeat to the next.
    pub heartbeat_ms: u64,
    /// How long another silo must see no heartbeat before it takes this one for dead.
    pub dead_after_ms: u64,
    /// How long a silo may believe its memory, from when it sent the last heartbeat that was
    /// answered.
    pub lease_ms: u64,
    /// How late a heartbeat's answer may come after the one before, until a silo distrusts its own
    /// sight: from then on it begins to watch the others anew.
    pub healthy_gap_ms: u64,
    /// How long nothing may be seen of the threads that do a silo's work; then it sends no heartbeats any
    /// more until something is.
    pub silent_ms_max: u64,
    /// How long nothing may be seen of them before the silo ends: whoever watches its process starts it again.
    pub hung_ms_max: u64,
}

impl Default for ClusterSettings {
    fn default() -> Self {
        // On a loaded machine heartbeats of 100 ms were seen 252 ms apart at most, so the lease
        // is three times that.
        Self {
            heartbeat_ms: 150,
            dead_after_ms: 900,
            lease_ms: 750,
            healthy_gap_ms: 450,
            silent_ms_max: 2_000,
            hung_ms_max: 30_000,
        }
    }
}
