//! A driver in answers and events, with times for people.

use axum::response::Response;
use pizza_types::Reply;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::answer::{granted, respond};
use crate::problem::Problem;
use crate::time::At;

/// A driver as clients see it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DriverView<'a> {
    #[serde(borrow)]
    driver_id: &'a RawValue,
    status: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    location: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    located_at: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    motion: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) order_id: Option<&'a RawValue>,
    delivered: u64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    restaurant_id: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    offer: Option<Offer<'a>>,
    lost_signal: bool,
    /// Only a driver's own screen is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<At>,
}

/// An order that the driver may take.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Offer<'a> {
    #[serde(borrow)]
    order_id: &'a RawValue,
    #[serde(borrow)]
    restaurant_id: &'a RawValue,
    #[serde(borrow)]
    pick_up: &'a RawValue,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    deliver_to: Option<&'a RawValue>,
    expires_at: At,
    // What only a driver's own screen is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered_at: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    restaurant_name: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pick_up_address: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pizzas: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_restaurant_m: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_door_m: Option<u32>,
}

/// The answer to whoever has changed something of a driver: as they are now.
///
/// # Errors
/// What the driver declined.
pub(super) fn changed(reply: &Reply) -> Result<Response, Problem> {
    respond(reply, &granted::<DriverView<'_>>(reply)?)
}
