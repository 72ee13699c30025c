//! An ingredient in stock as clients see it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::time::At;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StockLine<'a> {
    #[serde(borrow)]
    ingredient: &'a RawValue,
    on_hand: u32,
    reserved: u32,
    consumed: u64,
    wasted: u64,
    supplied: u64,
    threshold: u32,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    rule: Option<Rule<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    order_below: u32,
    up_to: u32,
    supplier_id: &'a str,
    ask_first: bool,
    on: bool,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a str>,
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<At>,
    rests: bool,
}
