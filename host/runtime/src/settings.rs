//! The numbers that bound a silo and each actor type. Units come last in each name.

use std::collections::BTreeMap;
use std::sync::Arc;

use pizza_cluster::Placement;
use pizza_store::Keep;

#[derive(Debug, Clone)]
pub struct Settings {
    /// The number of undelivered one-way messages in memory above which calls from outside are
    /// shed.
    pub outbox_pending_max: usize,
    /// Bytes of all actors in memory above which the least used leave first.
    pub memory_bytes_max: usize,
    /// The time between two looks for idle actors and old rows, in milliseconds.
    pub sweep_ms: u64,
    /// How long dedupe records are kept, in milliseconds.
    pub dedupe_ms: u64,
    /// How long events are kept.
    pub events_keep: Keep,
    /// How long it is known of a retired actor that it is retired, in milliseconds. After that its id
    /// is that of an actor that never was.
    pub retired_keep_ms: u64,
    /// How long events of single streams are kept, where that differs, by the name of the stream.
    pub streams_keep: BTreeMap<Arc<str>, Keep>,
    /// Reminders that are due within this time, in milliseconds, are held in memory.
    pub reminder_horizon_ms: u64,
    /// How long a stopping silo waits for turns to finish, in milliseconds.
    pub drain_ms: u64,
    /// How many actors a second leave this silo for another one that has joined.
    pub moves_per_second: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            outbox_pending_max: 100_000,
            memory_bytes_max: 4 << 30,
            sweep_ms: 10_000,
            // What the promise of one effect for each message id is worth: a day for a caller to
            // ask again.
            dedupe_ms: 24 * 3_600_000,
            events_keep: Keep {
                ms: 24 * 3_600_000,
                events: 100_000,
                // What the streams of actors that ended long ago would take for ever.
                silent_ms: 90 * 24 * 3_600_000,
            },
            streams_keep: BTreeMap::new(),
            retired_keep_ms: 90 * 86_400_000,
            // Many sweeps: a store that cannot be read for a minute makes no reminder late.
            reminder_horizon_ms: 120_000,
            drain_ms: 10_000,
            // Each costs whoever asks next an opening: as many as are not felt.
            moves_per_second: 100,
        }
    }
}

/// What holds for every actor of one type.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The number of messages that may wait for one actor; further ones are refused.
    pub mailbox_max: usize,
    /// How long nobody must ask for an actor before it leaves memory, in milliseconds.
    pub idle_ms: u64,
    /// How long after its end an actor is retired, in milliseconds; `None`: never.
    pub retire_after_ms: Option<u64>,
    /// The longest that an actor waits for the answer of one of this type, in milliseconds; `None`:
    /// as long as whoever asked it waits. For what others can do without.
    pub answer_ms: Option<u64>,
    /// How many actors may wait in one chain of calls.
    pub chain_depth_max: usize,
    /// The time for one delivery that has no caller, in milliseconds: an event, a reminder, a
    /// one-way message.
    pub delivery_ms: u64,
    /// The number of commits of one actor that may be in flight at once.
    pub pipeline_max: usize,
    /// The number of events of one stream that may be handled in one turn.
    pub events_batch_max: usize,
    /// How late a subscriber of a busy stream may hear of an event, in milliseconds, so that many
    /// events share a turn and a commit; 0: none is held back. What follows on a delivery is
    /// gathered until a batch is full, or the oldest event would be later than this after a turn
    /// like the last one. The first event after a rest never waits, and slow turns leave no time
    /// to gather.
    pub events_gather_ms: u64,
    pub retry: Retry,
    pub breaker: BreakerLimits,
    /// Which silo opens an actor; the same on all silos of a cluster.
    pub placement: Placement,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            mailbox_max: 1_024,
            idle_ms: 300_000,
            retire_after_ms: None,
            answer_ms: None,
            chain_depth_max: 16,
            delivery_ms: 30_000,
            pipeline_max: 64,
            events_batch_max: 256,
            events_gather_ms: 100,
            retry: Retry::default(),
            breaker: BreakerLimits::default(),
            placement: Placement::default(),
        }
    }
}

/// How often a message without a caller is tried before it becomes a dead letter.
#[derive(Debug, Clone)]
pub struct Retry {
    /// How often the actor itself may fail at the message; while it is overloaded or moving, the
    /// message is tried without end.
    pub attempts_max: u32,
    /// The pause after the first failure, in milliseconds; it doubles with each further one.
    pub first_ms: u64,
    /// The longest pause between two tries, in milliseconds.
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
    /// The number of failed turns in a row, of all actors of the type together, after which it
    /// gets a rest; 0: it never does.
    pub failures_max: u32,
    /// Failures count together when they lie within this time, in milliseconds.
    pub window_ms: u64,
    /// How long no turn begins, in milliseconds. Then one may, and what becomes of it decides.
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
