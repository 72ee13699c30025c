//! What a kitchen hears of an order: each change that matters here, in order, once.

use serde::Deserialize;
use silo_sdk::log;

use crate::bindings::types::{Item, RemakeReason, Status};

pub(crate) const STREAM: &str = "kitchen-orders";

/// What an older order does not tell has a default.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderEvent {
    pub(crate) order_id: String,
    pub(crate) version: u64,
    pub(crate) status: Status,
    pub(crate) waits: bool,
    pub(crate) front: bool,
    #[serde(default)]
    pub(crate) chef_id: Option<String>,
    #[serde(default)]
    pub(crate) by: Option<String>,
    pub(crate) items: Vec<Item>,
    pub(crate) at: u64,
    pub(crate) remakes: u32,
    #[serde(default)]
    pub(crate) late: bool,
    #[serde(default)]
    pub(crate) promised_at: Option<u64>,
    #[serde(default)]
    pub(crate) customer_name: Option<String>,
    #[serde(default)]
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) remake_reason: Option<RemakeReason>,
}

pub(crate) fn order_event(payload: &str) -> Option<OrderEvent> {
    let event = silo_sdk::json::from_str(payload);
    event
        .inspect_err(|error| log::warn!("an event of {STREAM} is not understood: {error}"))
        .ok()
}
