//! What is kept of a restaurant between its turns, apart from the tables beside it.

use pizza_local_time::WallClock;
use serde::{Deserialize, Serialize};
use silo_sdk::context;

use crate::bindings::types::{Refusal, RestaurantState};

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Restaurant {
    pub(crate) state: Option<RestaurantState>,
    /// How many orders wait for a driver.
    #[serde(default)]
    pub(crate) waiting: u32,
    /// The clock on its wall, for its days and hours.
    #[serde(default)]
    pub(crate) clock: WallClock,
}

pub(crate) fn unknown() -> Refusal {
    Refusal::NotFound(format!("there is no restaurant {}", context::key()))
}
