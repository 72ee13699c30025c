//! An order as clients see it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time;

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Location {
    pub(crate) lat: f64,
    pub(crate) lon: f64,
}

/// Read from the actor with times in milliseconds, written with times as RFC 3339.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    pub(crate) order_id: String,
    customer_id: String,
    restaurant_id: String,
    items: Vec<Item>,
    total_cents: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_location: Option<Location>,
    pub(crate) status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver_location: Option<Location>,
    remakes: u32,
    late: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    refund: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rejection: Option<Rejection>,
    #[serde(serialize_with = "time::write")]
    created_at: u64,
    #[serde(serialize_with = "time::write")]
    updated_at: u64,
    #[serde(
        serialize_with = "time::write_option",
        skip_serializing_if = "Option::is_none"
    )]
    estimated_delivery_at: Option<u64>,
    pub(crate) version: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    pizza_type: String,
    quantity: u32,
    unit_price_cents: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rejection {
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) missing: Value,
    pub(crate) alternatives: Value,
}

impl Order {
    pub(crate) fn has_ended(&self) -> bool {
        is_end(&self.status)
    }
}

pub(crate) fn is_end(status: &str) -> bool {
    matches!(status, "delivered" | "cancelled" | "rejected")
}
