//! What a silo says of itself.

use pizza_store::Store;
use pizza_types::Durability;

/// What does not change while a silo runs.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// Its name, which stays over restarts.
    pub(crate) name: String,
    /// Its id, which is another one after each start.
    pub(crate) id: String,
    /// The date when it started, in milliseconds since the Unix epoch.
    pub(crate) started_ms: u64,
    /// The kind of store that it has: `memory`, `embedded` or `redis`.
    pub(crate) store: &'static str,
    /// What an acknowledgement survives.
    pub(crate) durability: Durability,
}

/// The version of the program that the silo is part of.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

impl About {
    pub(crate) fn new(
        name: String,
        id: String,
        started_ms: u64,
        is_shared: bool,
        store: &dyn Store,
    ) -> Self {
        let durability = store.durability();
        let store = match (is_shared, durability) {
            (true, _) => "redis",
            (false, Durability::Memory) => "memory",
            (false, _) => "embedded",
        };
        Self {
            name,
            id,
            started_ms,
            store,
            durability,
        }
    }
}

/// How much of the machine's memory this process has, in bytes; `None` where the system does not say.
pub(crate) fn memory_bytes() -> Option<u64> {
    // On another system there is no such file.
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    resident_bytes(&status)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        let status = "Name:\tpizza\nVmHWM:\t  9000 kB\nVmRSS:\t    4096 kB\nThreads:\t7\n";
        assert_eq!(resident_bytes(status), Some(4 << 20));
        for other in ["", "VmRSS:\t4096\n", "VmRSS:\t-1 kB\n"] {
            assert_eq!(resident_bytes(other), None, "{other:?}");
        }
    }
}
