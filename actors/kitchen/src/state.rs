//! What is kept of a kitchen between its turns, apart from the queue's tickets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bindings::types::{Alert, OvenReading};
use crate::chef::Chef;
use crate::made::Made;
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
    /// What no chef has and what does not wait.
    #[serde(rename = "m", default)]
    pub(crate) made: Made,
    /// The orders that the plugin would have made next, when it was asked last.
    #[serde(rename = "l", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) line: Vec<String>,
}
