//! What is kept of a kitchen between its turns, apart from the queue's tickets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bindings::types::{Alert, OvenReading};
use crate::chef::Chef;
use crate::queue::Queue;
use crate::trust::Trust;

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Kitchen {
    #[serde(rename = "q")]
    pub(crate) queue: Queue,
    #[serde(rename = "c")]
    pub(crate) chefs: BTreeMap<String, Chef>,
    #[serde(rename = "o", default)]
    pub(crate) ovens: BTreeMap<String, OvenReading>,
    #[serde(rename = "a", default)]
    pub(crate) alerts: Vec<Alert>,
    #[serde(rename = "t", default)]
    pub(crate) trust: Trust,
    /// Orders in a row that were cooked before the one that has waited longest.
    #[serde(rename = "p", default)]
    pub(crate) passed_by: u32,
}
