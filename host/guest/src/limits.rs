//! What one turn and one instance may take; units come last in the names.

/// The bounds of one actor type. A manifest may lower some of them, never raise one.
#[derive(Debug, Clone)]
pub struct Limits {
    /// CPU time of one turn, in milliseconds, to the precision of a tick.
    pub cpu_ms: u64,
    /// Linear memory of one instance, in bytes.
    pub memory_bytes: usize,
    /// Elements of each table of one instance.
    pub table_elements: usize,
    /// The largest state, in bytes; and, counted apart from it, all entries that one turn writes.
    pub state_bytes: usize,
    /// The number of effects of one turn: sends, publishes, reminders and timers together.
    pub effects: usize,
    /// The largest payload, in bytes: the arguments or the reply of one call, or one effect.
    pub transfer_bytes: usize,
    /// Log lines of one turn; further ones are counted and dropped.
    pub log_lines: usize,
    pub log_line_bytes: usize,
    /// Instances at work at once, for each depth of the chain of calls: an actor that waits
    /// for an answer never takes the permit of the one who gives it.
    pub instances: u32,
    /// How long a turn may wait for an instance.
    pub wait_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A small turn computes for about 5 µs. A guest that comes near this is likely in a
            // loop.
            cpu_ms: 50,
            memory_bytes: 16 << 20,
            table_elements: 10_000,
            state_bytes: 1 << 20,
            // A batch of events has 256, and an actor that keeps a screen tells several things of each.
            effects: 2_048,
            transfer_bytes: 1 << 20,
            log_lines: 100,
            log_line_bytes: 4_096,
            // Far more than there are cores: the others are those that wait for an answer.
            instances: 32,
            wait_ms: 5_000,
        }
    }
}
