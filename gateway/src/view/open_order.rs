//! An order that has not ended, as a restaurant's manager sees it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::schema::Schemas;
use crate::time::At;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenOrder<'a> {
    #[serde(borrow)]
    pub(crate) order_id: &'a RawValue,
    #[serde(borrow)]
    customer_id: &'a RawValue,
    status: &'a str,
    pub(crate) version: u64,
    pub(crate) created_at: At,
    updated_at: At,
    since: At,
    total_cents: u64,
    remakes: u32,
    late: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    late_since: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    driver_id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery_at: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    delivery_location: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    items: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    delivery_address: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    note: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing)]
    pub(crate) cursor: &'a RawValue,
}

pub(crate) fn schema(schemas: &mut Schemas) -> Value {
    let order = schemas.answer_of("restaurant", "open-order");
    schemas.name("BoardOrder", order.without("cursor").done())
}
