//! What is kept of a supplier between its turns, apart from its orders.

use serde::{Deserialize, Serialize};

use crate::bindings::types::Profile;

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Supplier {
    #[serde(rename = "p")]
    pub(crate) profile: Option<Profile>,
    /// Every order that was ever heard of, accepted or not, has a number.
    #[serde(rename = "n")]
    pub(crate) numbers: u64,
    #[serde(rename = "a")]
    pub(crate) accepted: u64,
    #[serde(rename = "d")]
    pub(crate) delivered: u64,
    #[serde(rename = "f")]
    pub(crate) failed: u64,
    #[serde(rename = "c")]
    pub(crate) cancelled: u64,
    /// Ended orders that are still known.
    #[serde(rename = "e")]
    pub(crate) ended: u32,
}
