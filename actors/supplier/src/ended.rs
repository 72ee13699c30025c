//! Ended orders stay known for a while, so that one that comes again is not brought again.

use silo_sdk::context;
use silo_sdk::entries::Table;

use crate::delivery;
use crate::purchase::{PURCHASES, Row};
use crate::state::Supplier;

/// Longer than an inventory keeps its orders (90 days): what it still asks about is known.
const KEPT_MS: u64 = 100 * 86_400_000;
const KEPT_MAX: u32 = 10_000;
/// Old orders that leave in one turn.
const SWEEP_MAX: u32 = 4;

/// Key of the order, by when it ended.
const ENDED: Table<String> = Table::new("e");

impl Supplier {
    pub(crate) fn end(&mut self, row: &Row) {
        delivery::forget(row);
        row.keep();
        let now = context::now_ms();
        ENDED.insert(&name(now, row.number), &row.key());
        self.ended += 1;
        let before = name(now.saturating_sub(KEPT_MS), 0);
        for old in ENDED.keys(None, SWEEP_MAX) {
            if old >= before && self.ended <= KEPT_MAX {
                break;
            }
            if let Some(key) = ENDED.get(&old) {
                PURCHASES.remove(&key);
            }
            ENDED.remove(&old);
            self.ended = self.ended.saturating_sub(1);
        }
    }
}

fn name(ended_at: u64, number: u64) -> String {
    format!("{ended_at:016x}.{number:016x}")
}
