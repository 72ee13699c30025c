//! What a kitchen knows of one of its chefs.

use serde::{Deserialize, Serialize};

use crate::card::Card;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Chef {
    #[serde(rename = "s")]
    pub(crate) on_shift: bool,
    #[serde(rename = "t")]
    pub(crate) ticket: Option<Card>,
    #[serde(rename = "i")]
    pub(crate) since: Option<u64>,
    /// When the order in hand should be done; absent where nobody has ventured a guess.
    #[serde(rename = "r", default)]
    pub(crate) ready_at: Option<u64>,
    /// How many orders the chef has finished, so that the work can be shared.
    #[serde(rename = "n")]
    pub(crate) cooked: u64,
    /// The times of the chef's recent failures, in milliseconds since 1970.
    #[serde(rename = "f", default)]
    pub(crate) failures: Vec<u64>,
}

impl Chef {
    pub(crate) fn is_available(&self) -> bool {
        self.on_shift && self.ticket.is_none()
    }
}
