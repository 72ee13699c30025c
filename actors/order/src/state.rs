//! What is kept of an order between its turns.

use serde::{Deserialize, Serialize};

use crate::bindings::types::OrderState;
use crate::custody::Holder;
use crate::eta::Way;
#[cfg(feature = "layout-2")]
use crate::layout;

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(not(feature = "layout-2"), silo_sdk::state(schema = 1))]
#[cfg_attr(
    feature = "layout-2",
    silo_sdk::state(schema = 2, migrate = Order::from_older)
)]
pub struct Order {
    #[serde(rename = "o")]
    pub(crate) order: Option<OrderState>,
    /// The version at the last check; an order that still has it then is late.
    #[serde(rename = "c", default)]
    pub(crate) checked: u64,
    /// Who makes it.
    #[serde(rename = "h", default)]
    pub(crate) holder: Holder,
    /// What is known of the driver's way to the door.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub(crate) way: Option<Way>,
    /// What the first layout has not.
    #[cfg(feature = "layout-2")]
    #[serde(rename = "l")]
    pub(crate) layout: layout::Marked,
}

#[cfg(feature = "layout-2")]
impl Order {
    fn from_older(from: u32, bytes: &[u8]) -> Result<Self, String> {
        let older = layout::decode(bytes)?;
        Ok(Self {
            order: older.order,
            checked: older.checked,
            holder: older.holder,
            way: older.way,
            layout: layout::Marked::from(from),
        })
    }
}
