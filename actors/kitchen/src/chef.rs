//! What a kitchen knows of one of its chefs.

use serde::{Deserialize, Serialize};

use crate::bindings::types::Ticket;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Chef {
    #[serde(rename = "s")]
    pub(crate) on_shift: bool,
    #[serde(rename = "t")]
    pub(crate) ticket: Option<Ticket>,
    #[serde(rename = "i")]
    pub(crate) since: Option<u64>,
    /// When the order in hand should be done, if somebody dares to say.
    #[serde(rename = "r", default)]
    pub(crate) ready_at: Option<u64>,
    /// Orders finished, to share the work.
    #[serde(rename = "n")]
    pub(crate) cooked: u64,
    /// When it failed lately.
    #[serde(rename = "f", default)]
    pub(crate) failures: Vec<u64>,
}

impl Chef {
    pub(crate) fn is_available(&self) -> bool {
        self.on_shift && self.ticket.is_none()
    }
}
