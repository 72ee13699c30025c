//! The steps that a chef takes, and what becomes of them when they come too late.

use silo_sdk::context;

use crate::bindings::types::{CookStep, OrderState, Refusal, Status};
use crate::custody::Holder;
use crate::refusal::{conflict, unknown};
use crate::state::Order;
use crate::{moves, notifications};

impl Order {
    /// A chef's step. A step that comes too late changes nothing; then the kitchen hears
    /// again where the order is, and takes it from the chef who should not have it.
    pub(crate) fn cooked(&mut self, step: CookStep, round: u32) -> Result<OrderState, Refusal> {
        let order = self.order.clone().ok_or_else(unknown)?;
        let caller = context::caller().filter(|caller| caller.actor_type == "chef");
        let Some(chef) = caller.map(|caller| caller.key) else {
            let message = "only a chef takes the steps of a chef".to_owned();
            return Err(conflict(message, Some(order.status), None));
        };
        let is_theirs = self.holder == Holder::Chef(chef.clone());
        let is_free = self.holder == Holder::Nobody;
        // A step of an earlier round is about a pizza that is no more.
        let may = order.remakes == round && (is_theirs || is_free);
        match (step, order.status) {
            (CookStep::Began, Status::Created | Status::Preparing) if may => {
                self.holder = Holder::Chef(chef);
                self.put(Status::Preparing)
            }
            (CookStep::Baking, Status::Preparing | Status::Baking) if may => {
                self.holder = Holder::Chef(chef);
                self.put(Status::Baking)
            }
            (CookStep::Ready, Status::Baking) if may => {
                self.holder = Holder::Nobody;
                self.put(Status::Ready)
            }
            (CookStep::Burned, Status::Baking) if may => {
                self.holder = Holder::Nobody;
                self.put(Status::Preparing)
            }
            (CookStep::GaveUp, Status::Created | Status::Preparing) if may => {
                self.holder = Holder::Nobody;
                notifications::to_kitchen(&order, &self.holder, Some(&chef), false);
                Ok(order)
            }
            // Too late, or of somebody else: nothing changes, and the kitchen hears how it is.
            _ => {
                notifications::to_kitchen(&order, &self.holder, None, false);
                Ok(order)
            }
        }
    }

    /// A late order that somebody took by hand, and has not put into the oven, goes back to
    /// the queue: it may have been forgotten.
    pub(crate) fn hand_back(&mut self, order: &OrderState) {
        if order.status == Status::Preparing && self.holder == Holder::People {
            self.holder = Holder::Nobody;
        }
        if !moves::is_end(order.status) {
            notifications::to_kitchen(order, &self.holder, None, false);
        }
    }
}
