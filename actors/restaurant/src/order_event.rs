//! What a restaurant hears of an order: each change, in order, once.

use serde::Deserialize;

use crate::bindings::types::{Item, Location, Status};

pub(crate) const STREAM: &str = "restaurant-orders";

/// The states that are no end.
pub(crate) const UNDER_WAY: [Status; 5] = [
    Status::Created,
    Status::Preparing,
    Status::Baking,
    Status::Ready,
    Status::OutForDelivery,
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderEvent {
    pub(crate) order_id: String,
    pub(crate) customer_id: String,
    pub(crate) at: u64,
    /// The state before, when the state changed; absent for the first one.
    #[serde(default)]
    pub(crate) from: Option<Status>,
    pub(crate) status: Status,
    pub(crate) version: u64,
    pub(crate) late: bool,
    #[serde(default)]
    pub(crate) driver_id: Option<String>,
    #[serde(default)]
    pub(crate) deliver_to: Option<Location>,
    #[serde(default)]
    pub(crate) pizzas: Option<u32>,
    pub(crate) total_cents: u64,
    pub(crate) created_at: u64,
    #[serde(default)]
    pub(crate) estimated_delivery_at: Option<u64>,
    /// The actor that caused it, as `type/key`.
    #[serde(default)]
    pub(crate) by: Option<String>,
    // The first event alone tells these.
    #[serde(default)]
    pub(crate) items: Option<Vec<Item>>,
    #[serde(default)]
    pub(crate) delivery_address: Option<String>,
    #[serde(default)]
    pub(crate) customer_name: Option<String>,
    #[serde(default)]
    pub(crate) note: Option<String>,
}

impl OrderEvent {
    /// Whether the order has come from one state into another, or has begun. What else an
    /// event tells, such as where the driver is, is in no count.
    pub(crate) fn is_move(&self) -> bool {
        self.version == 1 || self.from.is_some()
    }
}
