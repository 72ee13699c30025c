//! What is kept of a chef between turns.

use serde::{Deserialize, Serialize};
use silo_sdk::timers;

use crate::bindings::types::Task;
use crate::task;

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1, activate = Chef::wake)]
pub struct Chef {
    // One letter for each field, because the names are stored with every chef.
    #[serde(rename = "s")]
    pub(crate) on_shift: bool,
    #[serde(rename = "t")]
    pub(crate) task: Option<Task>,
    #[serde(rename = "c")]
    pub(crate) cooked: u64,
    #[serde(rename = "b")]
    pub(crate) burned: u64,
    /// How often the order in hand was remade before.
    #[serde(rename = "r", default)]
    pub(crate) round: u32,
}

impl Chef {
    /// In memory again, after an outage or a long pause: the timer is gone, the state is not.
    pub(crate) fn wake(&self) {
        if let Some(task) = &self.task {
            timers::set(&task::clock(task), task::left(task));
        }
    }
}
