//! The steps that a chef takes, and what becomes of them when they come too late.

use silo_sdk::context;

use crate::bindings::types::{CookStep, OrderState, Refusal, RemakeReason, Status};
use crate::custody::Holder;
use crate::notifications::Kind;
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
                self.put_because(Status::Preparing, Some(RemakeReason::Oven))
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

    /// What is in the oven is lost, whoever makes it: the chef's later steps are of an earlier
    /// round then.
    pub(crate) fn burns(&mut self, reason: RemakeReason) -> Result<OrderState, Refusal> {
        let order = self.order.as_ref().ok_or_else(unknown)?;
        said_by_kitchen(order)?;
        if order.status != Status::Baking {
            let message = "only what is in the oven is lost; this is not".to_owned();
            let wanted = Some(Status::Preparing);
            return Err(conflict(message, Some(order.status), wanted));
        }
        self.holder = Holder::Nobody;
        self.put_because(Status::Preparing, Some(reason))
    }

    /// What people prepare waits again; what a chef prepares, that chef gives back.
    pub(crate) fn goes_back(&mut self) -> Result<OrderState, Refusal> {
        let mut order = self.order.clone().ok_or_else(unknown)?;
        said_by_kitchen(&order)?;
        match (order.status, &self.holder) {
            (Status::Created | Status::Preparing, Holder::Nobody) => {}
            (Status::Preparing, Holder::People) => {
                self.holder = Holder::Nobody;
                order.updated_at = context::now_ms();
                self.touch(&mut order, Kind::Status);
                notifications::to_kitchen(&order, &self.holder, None, true);
            }
            (status, _) => {
                let message = "nobody prepares it by hand".to_owned();
                return Err(conflict(message, Some(status), None));
            }
        }
        Ok(order)
    }

    /// What was put back, or is to be made anew, waits as one that is prepared already. Whoever saw it wait
    /// like that, and begins it by hand, has it from then on; one that came before meant the first beginning.
    pub(crate) fn begun_again(
        &mut self,
        from: Option<Status>,
        wanted: Status,
    ) -> Option<OrderState> {
        let is_meant = from == Some(Status::Preparing) && wanted == Status::Preparing;
        let mut order = self.order.clone().filter(|_| is_meant)?;
        if order.status != Status::Preparing || self.holder != Holder::Nobody {
            return None;
        }
        self.holder = Holder::People;
        order.updated_at = context::now_ms();
        self.touch(&mut order, Kind::Status);
        notifications::to_kitchen(&order, &self.holder, None, false);
        Some(order)
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

/// The cooks of a restaurant say what becomes of its orders, and of no others.
fn said_by_kitchen(order: &OrderState) -> Result<(), Refusal> {
    let caller = context::caller().filter(|caller| caller.actor_type == "kitchen");
    if caller.is_some_and(|caller| caller.key == order.restaurant_id) {
        return Ok(());
    }
    let message = "only the kitchen of its restaurant says so".to_owned();
    Err(conflict(message, Some(order.status), None))
}
