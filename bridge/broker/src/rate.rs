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
    filled: Instant,
}

/// A token bucket. It may be overdrawn: what has been read is handled, and the client waits
/// afterwards for as long as it takes to fill up to zero.
struct Bucket {
    per_second: u32,
    level: f32,
}

impl Rate {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            messages: Bucket::new(limits.messages_per_second.max(1)),
            bytes: Bucket::new(limits.bytes_per_second.max(1)),
            filled: Instant::now(),
        }
    }

    /// Takes messages and bytes out of the buckets; how long the client has to wait before the
    /// next packet, if at all.
    pub(crate) fn take(&mut self, messages: f64, bytes: usize) -> Option<Duration> {
        let now = Instant::now();
        let since = now.duration_since(self.filled);
        self.filled = now;
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let messages = self.messages.take(messages, since);
        messages.max(self.bytes.take(bytes.into(), since))
    }
}

impl Bucket {
    fn new(per_second: u32) -> Self {
        Self {
            per_second,
            level: per_second as f32,
        }
    }

    fn take(&mut self, amount: f64, since: Duration) -> Option<Duration> {
        let per_second = f64::from(self.per_second);
        let filled = f64::from(self.level) + since.as_secs_f64() * per_second;
        let level = filled.min(per_second) - amount;
        self.level = level as f32;
        let lacking = -level / per_second;
        (lacking > 0.0).then(|| Duration::from_secs_f64(lacking.min(WAIT_S_MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_free_and_what_is_overdrawn_is_waited_for() {
        let mut bucket = Bucket::new(10);
        assert_eq!(bucket.take(10.0, Duration::ZERO), None);
        let wait = bucket.take(5.0, Duration::ZERO);
        assert_eq!(wait, Some(Duration::from_millis(500)));
        // It has filled up, and no further than it holds.
        assert_eq!(bucket.take(10.0, Duration::from_secs(3)), None);
        let wait = bucket.take(1e9, Duration::from_secs(3));
        assert_eq!(wait, Some(Duration::from_secs_f64(WAIT_S_MAX)));
    }
}
