//! What is kept of an inventory between its turns, apart from the tables beside it.

use pizza_local_time::WallClock;
use serde::{Deserialize, Serialize};

use crate::ledger::Ledger;

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Inventory {
    #[serde(rename = "g")]
    pub(crate) ledger: Ledger,
    /// The reminders are set.
    #[serde(rename = "u", default)]
    pub(crate) upkeep: bool,
    /// The restaurant takes no orders.
    #[serde(rename = "x", default)]
    pub(crate) closed: bool,
    /// Where the search for expired reservations goes on.
    #[serde(rename = "s", default)]
    pub(crate) swept: Option<String>,
    /// The restaurant's days.
    #[serde(rename = "z", default)]
    pub(crate) clock: WallClock,
    /// When the day ends that has no report yet, in milliseconds since the Unix epoch. 0 in
    /// what an older version left.
    #[serde(rename = "m", default)]
    pub(crate) midnight: u64,
    /// Orders to suppliers so far: the next one's id follows from it.
    #[serde(rename = "n", default)]
    pub(crate) orders_made: u64,
    /// Of them, those that have ended and are still listed.
    #[serde(rename = "e", default)]
    pub(crate) orders_ended: u32,
}
