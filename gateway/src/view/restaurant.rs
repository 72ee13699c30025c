//! A restaurant as clients see it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::time::At;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Restaurant<'a> {
    #[serde(borrow)]
    restaurant_id: &'a RawValue,
    #[serde(borrow)]
    profile: &'a RawValue,
    opened_at: At,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_until: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    closed_reason: Option<&'a RawValue>,
}
