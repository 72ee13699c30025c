//! How fast one client may be: messages and bytes, each with a second's worth at once.

use std::time::Duration;

use tokio::time::Instant;

use super::config::Limits;

pub(super) struct Rate {
    messages: Bucket,
    bytes: Bucket,
}

struct Bucket {
    per_second: f64,
    level: f64,
    filled: Instant,
}

impl Rate {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            messages: Bucket::new(limits.messages_per_second.max(1)),
            bytes: Bucket::new(limits.bytes_per_second.max(1)),
        }
    }

    /// Counts messages, and bytes; how long their sender has to wait before the next one.
    pub(super) fn take(&mut self, messages: f64, bytes: usize) -> Option<Duration> {
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
        (lacking > 0.0).then(|| Duration::from_secs_f64(lacking.min(60.0)))
    }
}
