//! A kitchen as its screens and the manager's see it: as the actor tells it, with times for people.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::schema::Schemas;
use crate::time::At;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status<'a> {
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

/// A kitchen as its manager sees it, who hears of alerts elsewhere.
#[derive(Deserialize)]
pub(crate) struct Overview<'a> {
    #[serde(borrow)]
    pub(crate) status: Figures<'a>,
    #[serde(borrow)]
    pub(crate) stations: Vec<Station<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figures<'a> {
    pending: u32,
    active: u32,
    available_chefs: u32,
    #[serde(borrow)]
    ovens: Vec<Oven<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    plugin: Option<Plugin<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plugin<'a> {
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
pub(crate) struct Oven<'a> {
    #[serde(borrow)]
    oven_id: &'a RawValue,
    #[serde(borrow)]
    temperature: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    timer: Option<u32>,
    at: At,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    min: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    max: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_too_hot: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alert<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(borrow)]
    kind: &'a RawValue,
    #[serde(borrow)]
    message: &'a RawValue,
    at: At,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    source: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    severity: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_at: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    seen_by: Option<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ticket<'a> {
    #[serde(borrow)]
    pub(crate) order_id: &'a RawValue,
    #[serde(borrow)]
    items: &'a RawValue,
    received_at: At,
    remakes: u32,
    // An older module of kitchens tells none of these.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    status: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    promised_at: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baking_at: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_at: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    chef_id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<i64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    note: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    remake_reason: Option<&'a RawValue>,
    #[serde(default)]
    late: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Station<'a> {
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

/// The schema of [`Figures`].
pub(crate) fn figures_schema(schemas: &mut Schemas) -> Value {
    let status = schemas.answer_of("kitchen", "kitchen-status");
    let figures = status.without("kitchenId").without("alerts").done();
    schemas.name("KitchenFigures", figures)
}
