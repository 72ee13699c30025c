//! Each step that an order has taken, kept beside its state: most turns do not read it.

use silo_sdk::entries::Table;

use crate::bindings::types::Step;

/// No order takes so many steps; its states have few moves, and remakes are bounded.
const STEPS_MAX: u32 = 1_000;

/// By version. Names are in the order of their bytes, so the numbers have leading zeros.
const TIMELINE: Table<Step> = Table::new("t");

pub(crate) fn add(step: &Step) {
    TIMELINE.insert(&format!("{:010}", step.version), step);
}

/// The first step first.
pub(crate) fn all() -> Vec<Step> {
    let versions = TIMELINE.keys(None, STEPS_MAX);
    let steps = versions.iter();
    steps.filter_map(|version| TIMELINE.get(version)).collect()
}
