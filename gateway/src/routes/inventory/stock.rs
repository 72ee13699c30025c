//! What there is of each ingredient, as an inventory tells it.

use pizza_types::Reply;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::{granted, plain};
use crate::problem::Problem;
use crate::routes::lists;
use crate::schema::Schemas;
use crate::time::At;

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let lines = schemas.list_of("inventory", "stock-line");
    lists::whole("stock", lines)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stock<'a> {
    restaurant_id: &'a str,
    stock: Vec<Line<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
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

impl<'a> Stock<'a> {
    /// The stock by the reply of a query.
    pub(super) fn plain(restaurant_id: &'a str, reply: &'a Reply) -> Result<Self, Problem> {
        let stock = plain(reply)?;
        Ok(Self {
            restaurant_id,
            stock,
        })
    }

    /// The stock by the reply of a command, which may have been declined.
    pub(super) fn granted(restaurant_id: &'a str, reply: &'a Reply) -> Result<Self, Problem> {
        let stock = granted(reply)?;
        Ok(Self {
            restaurant_id,
            stock,
        })
    }
}
