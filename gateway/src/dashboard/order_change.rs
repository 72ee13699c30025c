//! What an order told its restaurant, with its times for people.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::positions::Position;
use crate::time::At;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Change<'a> {
    #[serde(borrow)]
    order_id: &'a RawValue,
    #[serde(borrow)]
    customer_id: &'a RawValue,
    version: u64,
    at: At,
    #[serde(skip_serializing)]
    kind: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    from: Option<&'a RawValue>,
    #[serde(borrow)]
    status: &'a RawValue,
    late: bool,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    driver_id: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing)]
    driver_location: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery_at: Option<At>,
    total_cents: u64,
    created_at: At,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    by: Option<&'a RawValue>,
    // The order's own word for it is another.
    #[serde(
        borrow,
        rename(deserialize = "deliverTo"),
        skip_serializing_if = "Option::is_none"
    )]
    delivery_location: Option<&'a RawValue>,
    // The first event of an order alone tells what never changes.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    items: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    delivery_address: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    note: Option<&'a RawValue>,
}

impl Change<'_> {
    /// The name of the event.
    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            "driver" => "driver",
            "eta" => "eta",
            _ => "status",
        }
    }

    /// Where the order's driver is, if that is all it tells: whoever carries it now, nobody has said
    /// yet where they are.
    pub(super) fn position(&self) -> Option<Position> {
        let (driver_id, location) = (self.driver_id?, self.driver_location?);
        let position = Position::at(driver_id, location, self.at)?;
        (self.kind == "driver").then(|| position.with_order(self.order_id, self.version))
    }
}
