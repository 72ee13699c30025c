//! Orders that no chef has and that do not wait: those that people make by hand, and the last
//! ones that were ready.

use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;

use crate::card::Card;

/// What people make, by order: rows, since nobody bounds how many that are.
const BY_HAND: Table<Card> = Table::new("m");
/// What was ready last, by order.
const READY: Table<Card> = Table::new("r");

/// How many of those that were ready are kept.
const READY_KEPT: usize = 20;
/// How many of those that are made by hand are shown.
const SHOWN_MAX: u32 = 100;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Made {
    /// How many are made by hand, so that mostly nothing has to be read.
    #[serde(rename = "m", default)]
    by_hand: u32,
    /// The orders that were ready, the oldest first.
    #[serde(rename = "r", default)]
    ready: Vec<String>,
}

impl Made {
    pub(crate) fn get(&self, order_id: &str) -> Option<Card> {
        let by_hand = self.by_hand(order_id);
        by_hand.or_else(|| self.ready(order_id))
    }

    pub(crate) fn by_hand(&self, order_id: &str) -> Option<Card> {
        (self.by_hand > 0).then(|| BY_HAND.get(order_id)).flatten()
    }

    pub(crate) fn ready(&self, order_id: &str) -> Option<Card> {
        let is_kept = self.ready.iter().any(|kept| kept == order_id);
        is_kept.then(|| READY.get(order_id)).flatten()
    }

    pub(crate) fn put_by_hand(&mut self, card: &Card) {
        if self.by_hand(&card.order_id).is_none() {
            self.by_hand += 1;
        }
        BY_HAND.insert(&card.order_id, card);
    }

    pub(crate) fn leave_by_hand(&mut self, order_id: &str) {
        if self.by_hand(order_id).is_some() {
            BY_HAND.remove(order_id);
            self.by_hand -= 1;
        }
    }

    /// Keeps the order as one that is ready; the oldest of too many goes.
    pub(crate) fn put_ready(&mut self, card: &Card) {
        READY.insert(&card.order_id, card);
        if self.ready.contains(&card.order_id) {
            return;
        }
        self.ready.push(card.order_id.clone());
        let surplus = self.ready.len().saturating_sub(READY_KEPT);
        for order_id in self.ready.drain(..surplus) {
            READY.remove(&order_id);
        }
    }

    /// Those that are made by hand, in the order of their ids.
    pub(crate) fn all_by_hand(&self) -> Vec<Card> {
        if self.by_hand == 0 {
            return Vec::new();
        }
        let rows = BY_HAND.rows(None, SHOWN_MAX).into_iter();
        rows.map(|(_, card)| card).collect()
    }

    /// Those that were ready, the newest first.
    pub(crate) fn all_ready(&self) -> Vec<Card> {
        let newest_first: Vec<_> = self.ready.iter().rev().collect();
        READY.get_all(&newest_first).into_iter().flatten().collect()
    }
}
