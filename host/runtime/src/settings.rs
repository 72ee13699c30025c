//! The numbers that bound a silo and each actor type. Units come last in each name.

use std::collections::BTreeMap;
use std::sync::Arc;

use pizza_store::Keep;

#[derive(Debug, Clone)]
pub struct Settings {
    /// Undelivered one-way messages in memory; above it, calls from outside are shed.
    pub outbox_pending_max: usize,
    /// State bytes of all actors in memory; above it, the least used leave first.
    pub memory_bytes_max: usize,
    /// How often idle actors and old rows are looked for.
    pub sweep_ms: u64,
    /// Dedupe records are kept this long.
    pub dedupe_ms: u64,
    /// How long events are kept; the newest of a key for ever.
    pub events_keep: Keep,
    /// By stream, where it is not so.
    pub streams_keep: BTreeMap<Arc<str>, Keep>,
    /// Reminders that are due within this time are held in memory.
    pub reminder_horizon_ms: u64,
    /// How long a stopping silo waits for turns to finish.
    pub drain_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            outbox_pending_max: 100_000,
            memory_bytes_max: 4 << 30,
            sweep_ms: 10_000,
            dedupe_ms: 24 * 3_600_000,
            events_keep: Keep {
                ms: 24 * 3_600_000,
                events: 100_000,
            },
            streams_keep: BTreeMap::new(),
            reminder_horizon_ms: 120_000,
            drain_ms: 10_000,
        }
    }
}

/// What holds for every actor of one type.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Messages that may wait for one actor.
    pub mailbox_max: usize,
    /// An actor that nobody asks for this long leaves memory.
    pub idle_ms: u64,
    /// How many actors may wait in one chain of calls.
    pub chain_depth_max: usize,
    /// Time for one delivery that has no caller: an event, a reminder, a one-way message.
    pub delivery_ms: u64,
    /// Commits of one actor that may be in flight at once.
    pub pipeline_max: usize,
    /// Events of one stream that may be handled in one turn.
    pub events_batch_max: usize,
    /// After events were given, those that follow are gathered this long. The first of
    /// them never waits; of a busy stream many then share a turn and a commit.
    pub events_gather_ms: u64,
    pub retry: Retry,
    pub breaker: BreakerLimits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            mailbox_max: 1_024,
            idle_ms: 300_000,
            chain_depth_max: 16,
            delivery_ms: 30_000,
            pipeline_max: 64,
            events_batch_max: 32,
            events_gather_ms: 100,
            retry: Retry::default(),
            breaker: BreakerLimits::default(),
        }
    }
}

/// How often a message without a caller is tried before it becomes a dead letter.
#[derive(Debug, Clone)]
pub struct Retry {
    /// Failures of the actor itself; an overloaded or moving target is tried without end.
    pub attempts_max: u32,
    pub first_ms: u64,
    pub longest_ms: u64,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts_max: 5,
            first_ms: 20,
            longest_ms: 5_000,
        }
    }
}

/// When a type whose turns all fail is given a rest.
#[derive(Debug, Clone)]
pub struct BreakerLimits {
    /// Failed turns in a row, of all actors of the type together; 0: never.
    pub failures_max: u32,
    /// Within which they count.
    pub window_ms: u64,
    /// How long no turn begins. Then one may, and what becomes of it decides.
    pub open_ms: u64,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        Self {
            failures_max: 20,
            window_ms: 10_000,
            open_ms: 5_000,
        }
    }
}
