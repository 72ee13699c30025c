//! What drivers have done, counted while they do it.

use std::sync::atomic::{AtomicU64, Ordering};

/// What all drivers of one simulation have done.
#[derive(Default)]
pub(crate) struct DriverStats {
    /// Positions that were reported, over HTTP or MQTT.
    pub(crate) positions: Count,
    pub(crate) accepted: Count,
    pub(crate) rejected: Count,
    /// Offers that were never answered.
    pub(crate) ignored: Count,
    pub(crate) delivered: Count,
    /// Drivers who have an order right now.
    pub(crate) carrying: Count,
    /// Connections to the broker that were lost.
    pub(crate) connections_lost: Count,
}

/// A number that several tasks change.
#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn take(&self, less: u64) {
        self.0.fetch_sub(less, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
