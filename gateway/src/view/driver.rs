//! A driver as a restaurant's manager sees them: by what the restaurant knows, or by their own news.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::schema::{Schemas, about};
use crate::time::At;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BoardDriver<'a> {
    #[serde(borrow)]
    pub(crate) driver_id: &'a RawValue,
    status: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) located_at: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) heading: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a RawValue>,
    // The restaurant's word for it is shorter.
    #[serde(borrow, alias = "offered", skip_serializing_if = "Option::is_none")]
    offered_order_id: Option<&'a RawValue>,
    lost_signal: bool,
}

pub(crate) fn schema(schemas: &mut Schemas) -> Value {
    let driver = schemas.answer_of("restaurant", "driver-view");
    let offered = about(
        "The order that the driver was offered last and has not answered.",
        json!({"type": "string"}),
    );
    let driver = driver.without("offered");
    let driver = driver.with("offeredOrderId", offered, false).done();
    schemas.name("BoardDriver", driver)
}
