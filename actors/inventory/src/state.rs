//! What is kept of an inventory between its turns, apart from the tables beside it.

use pizza_local_time::WallClock;
use serde::{Deserialize, Serialize};

use crate::ledger::Ledger;

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Inventory {
    #[serde(rename = "g")]
    pub(crate) ledger: Ledger,
    /// Whether the reminders are set.
    #[serde(rename = "u", default)]
    pub(crate) upkeep: bool,
    /// Whether the restaurant takes no orders.
    #[serde(rename = "x", default)]
    pub(crate) closed: bool,
    /// Where the search for expired reservations goes on.
    #[serde(rename = "s", default)]
    pub(crate) swept: Option<String>,
    /// The clock on the restaurant's wall, which says when its days end.
    #[serde(rename = "z", default)]
    pub(crate) clock: WallClock,
    /// When the day ends that has no report yet, in milliseconds since the Unix epoch. 0 in
    /// what an older version left.
    #[serde(rename = "m", default)]
    pub(crate) midnight: u64,
    /// How many orders to suppliers were made so far: the next one's id follows from it.
    #[serde(rename = "n", default)]
    pub(crate) orders_made: u64,
    /// How many of them have ended and are still listed.
    #[serde(rename = "e", default)]
    pub(crate) orders_ended: u32,
}
