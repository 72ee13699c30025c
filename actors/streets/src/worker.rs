//! Which of the workers that know the streets is asked.

/// So many of them, each under a key of its own. They remember nothing, so any would do; one
/// alone would answer one question at a time.
const WORKERS: u32 = 8;

/// The key of the worker whom an actor of this key asks, the same each time.
#[must_use]
pub fn key_for(asks: &str) -> String {
    // FNV-1a (Fowler, Noll, Vo): short, and spreads short keys well.
    let hash = asks.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("worker-{}", hash % WORKERS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_worker_gets_its_part() {
        let mut counts = BTreeMap::new();
        for number in 0..8_000 {
            *counts
                .entry(key_for(&format!("order-{number}")))
                .or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 8);
        assert!(
            counts.values().all(|count| (800..1_200).contains(count)),
            "{counts:?}"
        );
        assert_eq!(key_for("order-1"), key_for("order-1"));
    }
}
