//! What never changes of an order: what was ordered, by whom, and where it is to go. It is written
//! once, beside the line of the list, under the same name.

use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;

use crate::bindings::types::{Item, Location};
use crate::order_event::OrderEvent;

const DETAILS: Table<Details> = Table::new("f");
/// The same rows, of which the items are passed over: they are most of it.
const TEXTS: Table<Texts> = Table::new("f");
/// How many are read at once. One may have 32 KiB: 50 items, each with a name of 128 characters, and
/// 800 characters besides, of four bytes each; so many stay below a mebibyte.
pub(crate) const AT_ONCE: usize = 25;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Details {
    #[serde(rename = "i", default)]
    pub(crate) items: Vec<Item>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(crate) deliver_to: Option<Location>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(crate) delivery_address: Option<String>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub(crate) customer_name: Option<String>,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

/// What a list shows of the details, or is searched for.
#[derive(Serialize, Deserialize)]
pub(crate) struct Texts {
    #[serde(rename = "a", default)]
    pub(crate) delivery_address: Option<String>,
    #[serde(rename = "n", default)]
    pub(crate) customer_name: Option<String>,
}

impl Details {
    /// What the first event of an order tells; absent in all others.
    pub(crate) fn of(event: &OrderEvent) -> Option<Self> {
        let items = event.items.clone()?;
        Some(Self {
            items,
            deliver_to: event.deliver_to,
            delivery_address: event.delivery_address.clone(),
            customer_name: event.customer_name.clone(),
            note: event.note.clone(),
        })
    }

    pub(crate) fn keep(&self, name: &str) {
        DETAILS.insert(name, self);
    }
}

/// The details of these orders, each in the place of its name; [`AT_ONCE`] of them at most.
pub(crate) fn of<K: AsRef<str>>(names: &[K]) -> Vec<Option<Details>> {
    DETAILS.get_all(names)
}

/// The texts of these orders, each in the place of its name.
pub(crate) fn texts_of<K: AsRef<str>>(names: &[K]) -> Vec<Option<Texts>> {
    let parts = names.chunks(AT_ONCE);
    parts.flat_map(|part| TEXTS.get_all(part)).collect()
}

pub(crate) fn forget(name: &str) {
    DETAILS.remove(name);
}
