//! How long a silo may believe what it has in memory: until then nobody can have taken its actors.

use std::sync::atomic::{AtomicU64, Ordering};

/// The lease of a silo. All times are on its own clock, which goes on while the machine sleeps.
#[derive(Debug)]
pub struct Lease(AtomicU64);

impl Lease {
    /// A lease that has not begun.
    #[must_use]
    pub fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The lease of a silo that is alone: nobody else could take its actors.
    #[must_use]
    pub fn for_ever() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }

    /// A heartbeat that was sent at `sent_ms` has been answered. A lease never gets shorter by it.
    pub fn renew(&self, sent_ms: u64, lease_ms: u64) {
        let until_ms = sent_ms.saturating_add(lease_ms);
        self.0.fetch_max(until_ms, Ordering::AcqRel);
    }

    /// Ends it now.
    pub fn end(&self) {
        self.0.store(0, Ordering::Release);
    }

    #[must_use]
    pub fn holds(&self, now_ms: u64) -> bool {
        now_ms < self.0.load(Ordering::Acquire)
    }

    /// How much of it is left, in milliseconds.
    #[must_use]
    pub fn left_ms(&self, now_ms: u64) -> u64 {
        self.0.load(Ordering::Acquire).saturating_sub(now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_by_itself_and_is_counted_from_when_it_was_asked_for() {
        let lease = Lease::none();
        assert!(!lease.holds(0));
        lease.renew(1_000, 750);
        assert!(lease.holds(1_749));
        assert!(!lease.holds(1_750));
        lease.renew(900, 750);
        assert_eq!(
            lease.left_ms(1_700),
            50,
            "an older answer takes nothing away"
        );
        lease.end();
        assert!(!lease.holds(1_000));
        assert!(Lease::for_ever().holds(u64::MAX - 1));
    }
}
