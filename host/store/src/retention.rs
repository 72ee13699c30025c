//! How long events are kept: so old, so many, and never before every subscriber inside
//! has had them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Bounds for each key of a stream. What is beyond either of them may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// The age in milliseconds from which an event may go.
    pub ms: u64,
    /// How many of the newest events stay.
    pub events: u64,
    /// The age in milliseconds of its newest event from which a key may be forgotten, if that
    /// event is the only one left: its position goes too, and the next event, if there ever is
    /// one, has position 1 again. Only keys of streams that no actor type subscribes to, for a
    /// subscriber remembers how far it is.
    pub silent_ms: u64,
}

/// How long the events of each stream are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// The bounds of every stream that has none of its own.
    pub usual: Keep,
    /// The bounds of single streams, by their names, where they are not the usual ones.
    pub streams: BTreeMap<Arc<str>, Keep>,
    /// The actor types that are given the events of a stream, by the name of the stream.
    pub subscribers: BTreeMap<Arc<str>, Vec<Arc<str>>>,
}

impl Retention {
    /// The same bounds for every stream, none of which has a subscriber.
    #[must_use]
    pub fn usual(usual: Keep) -> Self {
        Self {
            usual,
            streams: BTreeMap::new(),
            subscribers: BTreeMap::new(),
        }
    }

    /// The bounds of one stream.
    #[must_use]
    pub fn of(&self, stream: &str) -> Keep {
        self.streams.get(stream).copied().unwrap_or(self.usual)
    }

    /// Who must have handled an event of the stream before it may go.
    #[must_use]
    pub fn subscribers(&self, stream: &str) -> &[Arc<str>] {
        self.subscribers.get(stream).map_or(&[], Vec::as_slice)
    }
}

impl Keep {
    /// Bounds that never let anything go.
    pub const EVERYTHING: Self = Self {
        ms: u64::MAX,
        events: u64::MAX,
        silent_ms: u64::MAX,
    };

    /// Whether the event at `position` may go once every subscriber has handled it. The
    /// newest of a key never does.
    #[must_use]
    pub fn lets_go(self, position: u64, at_ms: u64, newest: u64, now_ms: u64) -> bool {
        // Saturating: a date that was set forward must not wrap around into "long ago".
        let is_old = at_ms.saturating_add(self.ms) <= now_ms;
        let is_beyond = newest.saturating_sub(position) >= self.events;
        // The newest stays: its position is what the next one is counted from, and readers begin
        // at it.
        position < newest && (is_old || is_beyond)
    }

    /// Whether a key of which there is only one event, from `at_ms`, may be forgotten.
    #[must_use]
    pub fn forgets(self, at_ms: u64, now_ms: u64) -> bool {
        // What is kept for ever is not forgotten when the date is set forward without end.
        self.silent_ms < u64::MAX && at_ms.saturating_add(self.silent_ms) <= now_ms
    }
}
