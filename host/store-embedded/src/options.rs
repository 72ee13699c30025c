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
    /// Rows of a table that wait in memory before they become a file of their own.
    /// Larger means fewer files to merge, but longer waits for commits when one is
    /// written: at 10,000 new actors a second 4 MiB had a p99 of 26 ms, 16 MiB of 56 ms.
    pub memtable_bytes: u64,
    /// The number of requests that may wait for the committer; beyond it they are refused.
    pub queue_max: usize,
    /// The bytes of requests that may wait for the committer; beyond them they are refused.
    pub queue_bytes_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Fsync,
            cache_bytes: 16 << 20,
            memtable_bytes: 4 << 20,
            // Some sixteen groups: a second's work where an fsync takes 60 ms.
            queue_max: 16_384,
            queue_bytes_max: 64 << 20,
        }
    }
}
