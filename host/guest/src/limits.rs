//! What one turn and one instance may take; units come last in the names.

#[derive(Debug, Clone)]
pub struct Limits {
    /// CPU time of one turn, to the precision of a tick.
    pub cpu_ms: u64,
    /// Linear memory of one instance.
    pub memory_bytes: usize,
    pub table_elements: usize,
    /// The state's value; and, apart from it, the entries that one turn writes.
    pub state_bytes: usize,
    /// Sends, publishes, reminders and timers of one turn.
    pub effects: usize,
    /// Arguments or reply of one call, or the payload of one effect.
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
            cpu_ms: 50,
            memory_bytes: 16 << 20,
            table_elements: 10_000,
            state_bytes: 1 << 20,
            effects: 256,
            transfer_bytes: 1 << 20,
            log_lines: 100,
            log_line_bytes: 4_096,
            instances: 32,
            wait_ms: 5_000,
        }
    }
}
