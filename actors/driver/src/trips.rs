//! Trips to doors, and those that ended, by when they did.

use serde::{Deserialize, Serialize};
use silo_sdk::context;
use silo_sdk::entries::Table;

/// The deliveries, by when they arrived; the oldest is first.
const RUNS: Table<Run> = Table::new("r");
/// Longer than any day, in milliseconds: what is older is looked at by nobody.
const KEPT_MS: u64 = 48 * 3_600_000;
/// How many old ones go with each new one.
const SWEEP_MAX: u32 = 2;
/// More than anybody delivers in a day.
const RUNS_MAX: u32 = 1_000;

/// An order on its way, from when the driver took it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Trip {
    #[serde(rename = "t")]
    pub(crate) taken_at: u64,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(crate) picked_up_at: Option<u64>,
    #[serde(rename = "m")]
    pub(crate) metres: f64,
}

impl Trip {
    pub(crate) fn begins() -> Self {
        Self {
            taken_at: context::now_ms(),
            picked_up_at: None,
            metres: 0.0,
        }
    }
}

/// A trip that ended at a door.
#[derive(Serialize, Deserialize)]
pub(crate) struct Run {
    #[serde(rename = "a")]
    pub(crate) at: u64,
    #[serde(rename = "t")]
    pub(crate) trip: Trip,
}

pub(crate) fn arrived(order_id: &str, trip: Trip) {
    let at = context::now_ms();
    RUNS.insert(&name(at, order_id), &Run { at, trip });
    for (old, run) in RUNS.rows(None, SWEEP_MAX) {
        if run.at + KEPT_MS < at {
            RUNS.remove(&old);
        }
    }
}

fn name(at: u64, order_id: &str) -> String {
    format!("{at:016x}.{order_id}")
}

/// What has ended since, the oldest first.
pub(crate) fn since(begin: u64) -> Vec<Run> {
    let runs = RUNS.range(&*name(begin, "").., RUNS_MAX);
    runs.into_iter().map(|(_, run)| run).collect()
}
