//! How the store is opened.

use pizza_types::Durability;

/// How the store is opened. The data do not depend on it: another process may open it otherwise.
#[derive(Debug, Clone)]
pub struct Options {
    /// `Fsync`, or `Process` to leave out the fsync: then an acknowledged commit
    /// survives kill -9 but not power loss.
    pub durability: Durability,
    /// The memory for blocks of tables that were read, in bytes.
    pub cache_bytes: u64,
    /// The length of a segment of the log, in bytes, and about the memory of the rows that wait
    /// for a checkpoint; three times that much may wait while one is made. Larger means fewer
    /// rows in the database, for more of them are written again or removed before a
    /// checkpoint, but a longer start after a crash.
    pub segment_bytes: u64,
    /// How much of the disk is kept back for what was taken when the disk is found to be full, in
    /// bytes; 0 for nothing. It covers what may wait (`queue_bytes_max`) and be staged.
    pub reserve_bytes: u64,
    /// With less than this free on the disk, in bytes, what needs room is refused: checkpoints and
    /// compactions need some to make some.
    pub free_bytes_min: u64,
    /// The number of requests that may wait for the disk; beyond it they are refused.
    pub queue_max: usize,
    /// The bytes of requests that may wait for the disk; beyond them they are refused.
    pub queue_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Fsync,
            cache_bytes: 16 << 20,
            segment_bytes: 32 << 20,
            reserve_bytes: 64 << 20,
            // Two layers and what their checkpoints take beside.
            free_bytes_min: 96 << 20,
            // Some sixteen groups: a second's work where an fsync takes 60 ms.
            queue_max: 16_384,
            // With two groups of 8 MiB in the making, and rows that commits add to what they are
            // counted with, less than the reserve.
            queue_bytes_max: 32 << 20,
        }
    }
}
