//! How fast one client may be: token buckets for messages and for bytes, each of which holds
//! what is allowed in a second.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::Limits;

/// No longer, however small the rate: a client whose pings are not read gives the
/// connection up.
const WAIT_S_MAX: f64 = 60.0;

pub(crate) struct Rate {
    messages: Bucket,
    bytes: Bucket,
}

/// A token bucket. It may be overdrawn: what has been read is handled, and the client waits
/// afterwards for as long as it takes to fill up to zero.
struct Bucket {
    per_second: f64,
    level: f64,
    filled: Instant,
}

impl Rate {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            messages: Bucket::new(limits.messages_per_second.max(1)),
            bytes: Bucket::new(limits.bytes_per_second.max(1)),
        }
    }

    /// Takes messages and bytes out of the buckets; how long the client has to wait before the
    /// next packet, if at all.
    pub(crate) fn take(&mut self, messages: f64, bytes: usize) -> Option<Duration> {
        let now = Instant::now();
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let messages = self.messages.take(messages, now);
        messages.max(self.bytes.take(bytes.into(), now))
    }
}

impl Bucket {
    fn new(per_second: u32) -> Self {
        Self {
            per_second: per_second.into(),
            level: per_second.into(),
            filled: Instant::now(),
        }
    }

    fn take(&mut self, amount: f64, now: Instant) -> Option<Duration> {
        let since = now.duration_since(self.filled).as_secs_f64();
        self.filled = now;
        self.level = (self.level + since * self.per_second).min(self.per_second) - amount;
        let lacking = -self.level / self.per_second;
        (lacking > 0.0).then(|| Duration::from_secs_f64(lacking.min(WAIT_S_MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_free_and_what_is_overdrawn_is_waited_for() {
        let now = Instant::now();
        let mut bucket = Bucket {
            per_second: 10.0,
            level: 10.0,
            filled: now,
        };
        assert_eq!(bucket.take(10.0, now), None);
        assert_eq!(bucket.take(5.0, now), Some(Duration::from_millis(500)));
        let later = now + Duration::from_secs(3);
        // It has filled up, and no further than it holds.
        assert_eq!(bucket.take(10.0, later), None);
        let wait = bucket.take(1e9, later);
        assert_eq!(wait, Some(Duration::from_secs_f64(WAIT_S_MAX)));
    }
}
