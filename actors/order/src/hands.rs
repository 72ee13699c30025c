//! Who has an order that is to be made: the order itself says so, and nobody else.

use serde::{Deserialize, Serialize};
use silo_sdk::context;

use crate::bindings::types::{CookStep, OrderState, Refusal, Status};
use crate::create::conflict;
use crate::{Order, moves, news, unknown};

/// Whoever makes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hands {
    /// It waits in the kitchen's queue, unless it is past being made.
    #[default]
    Nobody,
    Chef(String),
    /// Somebody moved it by hand, and goes on by hand.
    People,
}

impl Hands {
    /// After a move that no chef made.
    pub(crate) fn moved_by_hand(&mut self, from: Status, to: Status) {
        match (from, to) {
            (Status::Created, Status::Preparing) => *self = Self::People,
            (Status::Preparing, Status::Baking) if *self == Self::Nobody => *self = Self::People,
            // A chef who has it goes on with it.
            (Status::Preparing, Status::Baking) => {}
            _ => *self = Self::Nobody,
        }
    }
}

#[must_use]
pub fn waits(status: Status, hands: &Hands) -> bool {
    matches!(status, Status::Created | Status::Preparing) && *hands == Hands::Nobody
}

impl Order {
    /// A chef's step. A step that comes too late changes nothing; then the kitchen hears
    /// again where the order is, and takes it out of hands that should not have it.
    pub(crate) fn cooked(&mut self, step: CookStep, round: u32) -> Result<OrderState, Refusal> {
        let order = self.order.clone().ok_or_else(unknown)?;
        let caller = context::caller().filter(|caller| caller.actor_type == "chef");
        let Some(chef) = caller.map(|caller| caller.key) else {
            let message = "only a chef takes the steps of a chef".to_owned();
            return Err(conflict(message, Some(order.status), None));
        };
        let is_theirs = self.hands == Hands::Chef(chef.clone());
        let is_free = self.hands == Hands::Nobody;
        let may = order.remakes == round && (is_theirs || is_free);
        match (step, order.status) {
            (CookStep::Began, Status::Created | Status::Preparing) if may => {
                self.hands = Hands::Chef(chef);
                self.put(Status::Preparing)
            }
            (CookStep::Baking, Status::Preparing | Status::Baking) if may => {
                self.hands = Hands::Chef(chef);
                self.put(Status::Baking)
            }
            (CookStep::Ready, Status::Baking) if may => {
                self.hands = Hands::Nobody;
                self.put(Status::Ready)
            }
            (CookStep::Burned, Status::Baking) if may => {
                self.hands = Hands::Nobody;
                self.put(Status::Preparing)
            }
            (CookStep::GaveUp, Status::Created | Status::Preparing) if may => {
                self.hands = Hands::Nobody;
                news::tell_kitchen(&order, &self.hands, Some(&chef), false);
                Ok(order)
            }
            _ => {
                news::tell_kitchen(&order, &self.hands, None, false);
                Ok(order)
            }
        }
    }

    /// A late order that somebody took by hand, and has not put into the oven, goes back to
    /// the queue: it may have been forgotten.
    pub(crate) fn hand_back(&mut self, order: &OrderState) {
        if order.status == Status::Preparing && self.hands == Hands::People {
            self.hands = Hands::Nobody;
        }
        if !moves::is_end(order.status) {
            news::tell_kitchen(order, &self.hands, None, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_waits_until_somebody_has_it() {
        let chef = Hands::Chef("napoli.1".to_owned());
        for (status, hands, expected) in [
            (Status::Created, &Hands::Nobody, true),
            (Status::Preparing, &Hands::Nobody, true),
            (Status::Preparing, &Hands::People, false),
            (Status::Preparing, &chef, false),
            (Status::Baking, &Hands::Nobody, false),
            (Status::Delivered, &Hands::Nobody, false),
        ] {
            assert_eq!(waits(status, hands), expected, "{status:?} {hands:?}");
        }
    }
}
