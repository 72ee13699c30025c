//! Whether something is larger than it was.

use crate::pizzeria::Size;

/// No silo has more.
const SHARDS: u64 = 1_024;

/// # Errors
/// What is larger in one of the last three months than it was at the end of month `steady`.
pub(crate) fn flat(sizes: &[Size], steady: usize) -> Result<(), String> {
    let before = &sizes[steady - 1];
    let mut grown = Vec::new();
    for last in &sizes[sizes.len() - 3..] {
        for ((table, then), (_, now)) in before.rows.iter().zip(&last.rows) {
            // The epoch floors of shards are in a table with tombstones, and one is made with the
            // first actor of a shard that is retired.
            let beside = if *table == "retired" { SHARDS } else { 20 };
            compare(&mut grown, table, *then as u64, *now as u64, 10, beside);
        }
        compare(
            &mut grown,
            "disk",
            before.disk_kib,
            last.disk_kib,
            25,
            1_024,
        );
        compare(
            &mut grown,
            "memory",
            before.memory_kib,
            last.memory_kib,
            25,
            0,
        );
        let (then, now) = (before.actors as u64, last.actors as u64);
        compare(&mut grown, "actors in memory", then, now, 10, 5);
    }
    if grown.is_empty() {
        return Ok(());
    }
    Err(grown.join("\n"))
}

/// Notes what is larger than it was by more than so many per cent and so much beside.
fn compare(grown: &mut Vec<String>, what: &str, then: u64, now: u64, percent: u64, beside: u64) {
    if now > then + then * percent / 100 + beside {
        grown.push(format!("{what} had {then} and has {now}"));
    }
}
