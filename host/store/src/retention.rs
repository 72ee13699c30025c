//! How long events are kept: so old, so many, and never before every subscriber inside
//! has had them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Bounds for each key of a stream. What is beyond either of them may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Milliseconds.
    pub ms: u64,
    pub events: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    pub usual: Keep,
    /// By stream, where it is not the usual.
    pub streams: BTreeMap<Arc<str>, Keep>,
    /// Actor types that are given the events of a stream.
    pub subscribers: BTreeMap<Arc<str>, Vec<Arc<str>>>,
}

impl Retention {
    #[must_use]
    pub fn usual(usual: Keep) -> Self {
        Self {
            usual,
            streams: BTreeMap::new(),
            subscribers: BTreeMap::new(),
        }
    }

    #[must_use]
    pub fn of(&self, stream: &str) -> Keep {
        self.streams.get(stream).copied().unwrap_or(self.usual)
    }

    #[must_use]
    pub fn subscribers(&self, stream: &str) -> &[Arc<str>] {
        self.subscribers.get(stream).map_or(&[], Vec::as_slice)
    }
}

impl Keep {
    pub const EVERYTHING: Self = Self {
        ms: u64::MAX,
        events: u64::MAX,
    };

    /// Whether the event at `position` may go once every subscriber has handled it. The
    /// newest of a key never does.
    #[must_use]
    pub fn lets_go(self, position: u64, at_ms: u64, newest: u64, now_ms: u64) -> bool {
        let is_old = at_ms.saturating_add(self.ms) <= now_ms;
        let is_beyond = newest.saturating_sub(position) >= self.events;
        position < newest && (is_old || is_beyond)
    }
}
