//! The orders that wait, first come, first served; burned ones come first of all.
//!
//! The queue lives in entries: a turn touches the few it needs, however long it is.

use serde::{Deserialize, Serialize};
use silo_sdk::entries::{Ahead, Table};

use crate::bindings::types::Ticket;
use crate::card::Card;

/// The tickets, by their place, and so in order.
const TICKETS: Table<Card> = Table::new("q");
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

    /// Lets an order wait, and gives its ticket. One that waits already keeps its place.
    pub(crate) fn join(&mut self, card: &Card) -> Ticket {
        if let Some(place) = PLACES.get(&card.order_id) {
            TICKETS.insert(&name(place), card);
            return waiting(card, place);
        }
        let place = self.back;
        self.back += 1;
        self.put(place, card)
    }

    pub(crate) fn join_front(&mut self, card: &Card) -> Ticket {
        // It may wait at the back already.
        self.leave(&card.order_id);
        let place = self.front;
        self.front -= 1;
        self.put(place, card)
    }

    fn put(&mut self, place: u64, card: &Card) -> Ticket {
        TICKETS.insert(&name(place), card);
        PLACES.insert(&card.order_id, &place);
        self.waiting += 1;
        waiting(card, place)
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
    pub(crate) fn next(&mut self) -> Option<Card> {
        let order_id = self.first()?;
        self.take(&order_id)
    }

    pub(crate) fn first(&self) -> Option<String> {
        if self.waiting == 0 {
            return None;
        }
        let (_, card) = TICKETS.first()?;
        Some(card.order_id)
    }

    pub(crate) fn take(&mut self, order_id: &str) -> Option<Card> {
        let card = Self::card(order_id)?;
        self.leave(order_id);
        Some(card)
    }

    pub(crate) fn card(order_id: &str) -> Option<Card> {
        TICKETS.get(&name(PLACES.get(order_id)?))
    }

    pub(crate) fn ticket(order_id: &str) -> Option<Ticket> {
        let place = PLACES.get(order_id)?;
        let card = TICKETS.get(&name(place))?;
        Some(waiting(&card, place))
    }

    /// The cards that have waited longest, in order.
    pub(crate) fn cards(limit: u32) -> Vec<Card> {
        let cards = TICKETS.rows(None, limit).into_iter();
        cards.map(|(_, card)| card).collect()
    }

    /// The tickets behind the order `after`, in order.
    pub(crate) fn page(after: Option<&str>, limit: u32) -> Vec<Ticket> {
        let place = after.and_then(|order_id| PLACES.get(order_id)).map(name);
        let cards = TICKETS.rows(place.as_deref(), limit).into_iter();
        let ticket = |(name, card): (String, Card)| {
            let place = name.parse().unwrap_or(START);
            waiting(&card, place)
        };
        cards.map(ticket).collect()
    }
}

/// As screens see it: they count places from the middle, which is near zero.
fn waiting(card: &Card, place: u64) -> Ticket {
    let place = i64::try_from(i128::from(place) - i128::from(START));
    card.ticket(None, place.ok())
}
