//! A second layout of the state, for tests of swaps.

use serde::{Deserialize, Serialize};

use crate::Order;
use crate::bindings::types::OrderState;
use crate::hands::Hands;

/// From which layout the state came; 0 for an order that began in this one.
#[derive(Default, Serialize, Deserialize)]
pub struct Marked {
    #[serde(rename = "f")]
    from: u32,
}

#[derive(Deserialize)]
struct Older {
    #[serde(rename = "o")]
    order: Option<OrderState>,
    #[serde(rename = "c", default)]
    checked: u64,
    #[serde(rename = "h", default)]
    hands: Hands,
}

/// The name of a customer whose orders cannot be taken over.
const PLANTED: &str = "planted";

pub(crate) fn from_older(from: u32, bytes: &[u8]) -> Result<Order, String> {
    let Older {
        order,
        checked,
        hands,
    } = silo_sdk::state::decode(bytes)?;
    if let Some(order) = order.as_ref().filter(|o| o.customer_id == PLANTED) {
        return Err(format!("order {} cannot be taken over", order.order_id));
    }
    let layout = Marked { from };
    Ok(Order {
        order,
        checked,
        hands,
        layout,
    })
}
