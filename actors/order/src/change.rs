//! How an order moves on.

use silo_sdk::context;

use crate::bindings::clients::{DriverClient, InventoryClient};
use crate::bindings::types::{OrderState, Refusal, RemakeReason, Reservation, Status, Step};
use crate::notifications::Kind;
use crate::refusal::{conflict, unknown};
use crate::state::Order;
use crate::{moves, notifications, progress, timeline};

impl Order {
    /// Optimistic concurrency: a caller who decided on an older version must look again.
    ///
    /// # Errors
    /// When the order has changed since.
    pub(crate) fn has_version(&self, expected: Option<u64>) -> Result<(), Refusal> {
        match (&self.order, expected) {
            (Some(order), Some(expected)) if order.version != expected => {
                Err(Refusal::Stale(order.version))
            }
            _ => Ok(()),
        }
    }

    /// A step is of one state: what was tapped before the order went on, and arrives after it, is no
    /// step of where the order is now. Taken for one, a start would mean that the pizza is lost.
    ///
    /// # Errors
    /// When the order is neither where it was seen nor where it is to be.
    pub(crate) fn is_still_at(&self, from: Option<Status>, wanted: Status) -> Result<(), Refusal> {
        let (Some(order), Some(from)) = (&self.order, from) else {
            return Ok(());
        };
        if [from, wanted].contains(&order.status) {
            return Ok(());
        }
        let now = moves::name(order.status);
        let message = format!("it is {now}, and not {} any more", moves::name(from));
        Err(conflict(message, Some(order.status), Some(wanted)))
    }

    /// A step that no chef makes. The order says what it means for the chef who has it.
    pub(crate) fn move_to(&mut self, wanted: Status) -> Result<OrderState, Refusal> {
        // Who holds it is settled before the move, because the move tells the kitchen; a move
        // that is declined must not have changed it.
        let before = self.holder.clone();
        if let Some(from) = self.order.as_ref().map(|order| order.status)
            && from != wanted
        {
            self.holder.moved_by_hand(from, wanted);
        }
        let order = self.put(wanted);
        if order.is_err() {
            self.holder = before;
        }
        order
    }

    /// Changes the state, if that is a legal move. The caller has settled who holds the order
    /// then.
    pub(crate) fn put(&mut self, wanted: Status) -> Result<OrderState, Refusal> {
        self.put_because(wanted, None)
    }

    /// The same, where somebody has said why what was in the oven is lost.
    pub(crate) fn put_because(
        &mut self,
        wanted: Status,
        reason: Option<RemakeReason>,
    ) -> Result<OrderState, Refusal> {
        let mut order = self.order.clone().ok_or_else(unknown)?;
        let from = order.status;
        // A message may come twice; the second time there is nothing to do.
        if from == wanted {
            return Ok(order);
        }
        if !moves::allowed(from).contains(&wanted) {
            let message = format!(
                "{} cannot become {}",
                moves::name(from),
                moves::name(wanted)
            );
            return Err(conflict(message, Some(from), Some(wanted)));
        }
        if wanted == Status::OutForDelivery && order.driver_id.is_none() {
            let message = "no driver is assigned".to_owned();
            return Err(conflict(message, Some(from), Some(wanted)));
        }
        order.status = wanted;
        // Out of the oven again: what was in it is lost, no matter who says so.
        if (from, wanted) == (Status::Baking, Status::Preparing) {
            order.remake_reason = reason;
            self.remake(&mut order);
        }
        order.updated_at = context::now_ms();
        self.record(&mut order, Some(from));
        self.follow_up(&order, from);
        self.order = Some(order.clone());
        Ok(order)
    }

    /// A burned pizza is made again, while there are ingredients and patience.
    fn remake(&self, order: &mut OrderState) {
        let again = order.remakes < moves::REMAKES_MAX;
        if again {
            let inventory = InventoryClient::of(&order.restaurant_id);
            match inventory.remake(&order.order_id, order.remakes + 1) {
                Ok(Reservation::Reserved(_)) => {
                    order.remakes += 1;
                    return;
                }
                Ok(Reservation::Unavailable(_) | Reservation::Closed) => {}
                // The chef who burned it does not wait for an answer: the order must end here
                // rather than stay in an oven that is empty.
                Err(error) => silo_sdk::log::warn!("no ingredients to make it again: {error}"),
            }
        }
        order.status = Status::Cancelled;
        order.refund = true;
    }

    /// What the kitchen, the inventory and the driver must know of a move.
    fn follow_up(&self, order: &OrderState, from: Status) {
        let inventory = InventoryClient::of(&order.restaurant_id);
        match order.status {
            // A message, and no call: an oven does not wait for an inventory.
            Status::Baking => inventory.send_consume(&order.order_id, order.remakes),
            Status::Cancelled => inventory.send_release(&order.order_id),
            _ => {}
        }
        // That it has left is the last that the kitchen hears of it.
        if moves::is_kitchens(from) || from == Status::Ready {
            let by = context::caller().filter(|caller| caller.actor_type == "chef");
            // A burned order goes to the front of the queue: its customer has waited longest.
            let burned = (from, order.status) == (Status::Baking, Status::Preparing);
            notifications::to_kitchen(
                order,
                &self.holder,
                by.map(|chef| chef.key).as_deref(),
                burned,
            );
        }
        if order.status == Status::OutForDelivery
            && let Some(driver_id) = &order.driver_id
        {
            tell_driver(driver_id, order);
        }
        if moves::is_end(order.status)
            && let Some(driver_id) = &order.driver_id
        {
            let delivered = order.status == Status::Delivered;
            DriverClient::of(driver_id).send_release(&order.order_id, delivered);
        }
        if moves::is_end(order.status) {
            progress::stop_watching();
            // What comes late is answered, and changes nothing: the order stays ended.
            silo_sdk::state::end();
        }
    }

    /// A change of state: counted, told, and written into the timeline.
    pub(crate) fn record(&mut self, order: &mut OrderState, from: Option<Status>) {
        order.version += 1;
        let by = context::caller().map(|actor| format!("{}/{}", actor.actor_type, actor.key));
        let step = Step {
            version: order.version,
            at: order.updated_at,
            from,
            to: order.status,
            by,
        };
        timeline::add(&step);
        notifications::to_followers(order, Kind::Status, from);
    }

    /// A change of something else than the state.
    pub(crate) fn touch(&mut self, order: &mut OrderState, kind: Kind) {
        order.version += 1;
        notifications::to_followers(order, kind, None);
        self.order = Some(order.clone());
    }
}

/// A driver who has moved the order knows it.
fn tell_driver(driver_id: &str, order: &OrderState) {
    let caller = context::caller();
    let is_theirs = caller.is_some_and(|by| (&*by.actor_type, &*by.key) == ("driver", driver_id));
    if !is_theirs {
        let driver = DriverClient::of(driver_id);
        driver.send_order_moved(&order.order_id, order.status, order.version);
    }
}
