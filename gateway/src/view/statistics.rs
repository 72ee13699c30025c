//! How a restaurant does, as clients see it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::time::At;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Statistics<'a> {
    #[serde(borrow)]
    restaurant_id: &'a RawValue,
    #[serde(borrow)]
    active: &'a RawValue,
    waiting_for_driver: u32,
    #[serde(borrow)]
    drivers: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_chefs: Option<u32>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    low_stock: Option<&'a RawValue>,
    last_hour: Period,
    last_day: Period,
    // An older module of restaurants does not tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) late: Option<u32>,
}

/// The numbers of one hour or one day.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Period {
    start: At,
    orders: u32,
    delivered: u32,
    cancelled: u32,
    rejected: u32,
    revenue_cents: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    average_delivery_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p95_delivery_ms: Option<u64>,
    // An older module of restaurants tells neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_delivery_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<u32>,
}
