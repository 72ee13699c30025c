//! A second layout of the state, for tests of swaps.

use serde::{Deserialize, Serialize};

use crate::bindings::types::OrderState;
use crate::custody::Holder;
use crate::eta::Way;

/// From which layout the state came; 0 for an order that began in this one.
#[derive(Default, Serialize, Deserialize)]
pub struct Marked {
    #[serde(rename = "f")]
    from: u32,
}

impl From<u32> for Marked {
    fn from(from: u32) -> Self {
        Self { from }
    }
}

/// The state as the first layout has it.
#[derive(Deserialize)]
pub(crate) struct Older {
    #[serde(rename = "o")]
    pub(crate) order: Option<OrderState>,
    #[serde(rename = "c", default)]
    pub(crate) checked: u64,
    #[serde(rename = "h", default)]
    pub(crate) holder: Holder,
    #[serde(rename = "w", default)]
    pub(crate) way: Option<Way>,
}

/// The name of a customer whose orders cannot be taken over.
const PLANTED: &str = "planted";

pub(crate) fn decode(bytes: &[u8]) -> Result<Older, String> {
    let older: Older = silo_sdk::state::decode(bytes)?;
    if let Some(order) = older.order.as_ref().filter(|o| o.customer_id == PLANTED) {
        return Err(format!("order {} cannot be taken over", order.order_id));
    }
    Ok(older)
}
