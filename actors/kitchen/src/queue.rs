//! The orders that wait, first come, first served; burned ones come first of all.
//!
//! The queue lives in entries: a turn touches the few it needs, however long it is.

use serde::{Deserialize, Serialize};
use silo_sdk::entries::{Ahead, Table};

use crate::bindings::types::Ticket;

/// The tickets, by their place, and so in order.
const TICKETS: Table<Ticket> = Table::new("q");
/// The place of each order, by its id.
const PLACES: Table<u64> = Table::new("p");

/// The middle of the number line: the queue grows at both ends.
const START: u64 = 1 << 62;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Queue {
    /// The place of the next ticket at the front.
    #[serde(rename = "f")]
    front: u64,
    /// The place of the next ticket at the back.
    #[serde(rename = "b")]
    back: u64,
    #[serde(rename = "n")]
    pub(crate) waiting: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            front: START,
            back: START + 1,
            waiting: 0,
        }
    }
}

fn name(place: u64) -> String {
    format!("{place:020}")
}

impl Queue {
    /// Reads the places of orders before they are looked for one by one.
    pub(crate) fn ahead<'i>(order_ids: impl Iterator<Item = &'i str>) {
        Ahead::default().of(&PLACES, order_ids).read();
    }

    pub(crate) fn holds(&self, order_id: &str) -> bool {
        PLACES.get(order_id).is_some()
    }

    pub(crate) fn join(&mut self, ticket: &Ticket) {
        if !self.holds(&ticket.order_id) {
            let place = self.back;
            self.back += 1;
            self.put(place, ticket);
        }
    }

    pub(crate) fn join_front(&mut self, ticket: &Ticket) {
        // It may wait at the back already.
        self.leave(&ticket.order_id);
        let place = self.front;
        self.front -= 1;
        self.put(place, ticket);
    }

    fn put(&mut self, place: u64, ticket: &Ticket) {
        TICKETS.insert(&name(place), ticket);
        PLACES.insert(&ticket.order_id, &place);
        self.waiting += 1;
    }

    pub(crate) fn leave(&mut self, order_id: &str) -> bool {
        let Some(place) = PLACES.get(order_id) else {
            return false;
        };
        TICKETS.remove(&name(place));
        PLACES.remove(order_id);
        self.waiting = self.waiting.saturating_sub(1);
        true
    }

    /// Takes out the ticket that has waited longest.
    pub(crate) fn next(&mut self) -> Option<Ticket> {
        let order_id = self.first()?;
        self.take(&order_id)
    }

    pub(crate) fn first(&self) -> Option<String> {
        if self.waiting == 0 {
            return None;
        }
        let (_, ticket) = TICKETS.first()?;
        Some(ticket.order_id)
    }

    pub(crate) fn take(&mut self, order_id: &str) -> Option<Ticket> {
        let ticket = TICKETS.get(&name(PLACES.get(order_id)?))?;
        self.leave(order_id);
        Some(ticket)
    }

    /// The tickets behind the order `after`, in order.
    pub(crate) fn page(after: Option<&str>, limit: u32) -> Vec<Ticket> {
        let place = after.and_then(|order_id| PLACES.get(order_id)).map(name);
        let names = TICKETS.keys(place.as_deref(), limit);
        TICKETS.get_all(&names).into_iter().flatten().collect()
    }
}
