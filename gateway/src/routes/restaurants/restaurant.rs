//! A restaurant as clients see it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::time::At;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Restaurant<'a> {
    #[serde(borrow)]
    restaurant_id: &'a RawValue,
    #[serde(borrow)]
    profile: &'a RawValue,
    opened_at: At,
}
