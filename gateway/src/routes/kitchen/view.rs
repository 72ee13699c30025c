//! A kitchen as its screens see it: as the actor tells it, with times for people.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::time::At;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Status<'a> {
    #[serde(borrow)]
    kitchen_id: &'a RawValue,
    pending: u32,
    active: u32,
    available_chefs: u32,
    #[serde(borrow)]
    ovens: Vec<Oven<'a>>,
    #[serde(borrow)]
    alerts: Vec<Alert<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    plugin: Option<Plugin<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plugin<'a> {
    #[serde(borrow)]
    binding: &'a RawValue,
    #[serde(borrow)]
    trust: &'a RawValue,
    failures_in_a_row: u32,
    failures: u64,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    last_failure: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_again_at: Option<At>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Oven<'a> {
    #[serde(borrow)]
    oven_id: &'a RawValue,
    #[serde(borrow)]
    temperature: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    timer: Option<u32>,
    at: At,
}

#[derive(Serialize, Deserialize)]
struct Alert<'a> {
    #[serde(borrow)]
    kind: &'a RawValue,
    #[serde(borrow)]
    message: &'a RawValue,
    at: At,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ticket<'a> {
    #[serde(borrow)]
    pub(super) order_id: &'a RawValue,
    #[serde(borrow)]
    items: &'a RawValue,
    received_at: At,
    remakes: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Station<'a> {
    #[serde(borrow)]
    chef_id: &'a RawValue,
    on_shift: bool,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_at: Option<At>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Display<'a> {
    #[serde(borrow)]
    status: Status<'a>,
    #[serde(borrow)]
    stations: Vec<Station<'a>>,
    #[serde(borrow)]
    queue: Vec<Ticket<'a>>,
    #[serde(borrow)]
    active: Vec<Ticket<'a>>,
}
