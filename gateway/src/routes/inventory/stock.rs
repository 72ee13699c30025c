//! What there is of each ingredient, as an inventory tells it.

use pizza_types::Reply;
use serde::Serialize;
use serde_json::Value;

use crate::answer::{granted, plain};
use crate::problem::Problem;
use crate::routes::lists;
use crate::schema::Schemas;
use crate::view::stock::StockLine;

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let lines = schemas.list_of("inventory", "stock-line");
    lists::whole("stock", lines)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stock<'a> {
    restaurant_id: &'a str,
    stock: Vec<StockLine<'a>>,
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
