//! How an order moves on.

use silo_sdk::{CallError, config, context, reminders};

use crate::bindings::clients::{DriverClient, InventoryClient};
use crate::bindings::types::{Location, OrderState, Refusal, Reservation, Status, Step};
use crate::create::conflict;
use crate::news::{self, Kind};
use crate::{CHECK, Order, TIMELINE, check, eta, moves, unknown};

impl Order {
    /// Whoever decided on what they saw must not act on something else.
    pub(crate) fn has_version(&self, expected: Option<u64>) -> Result<(), Refusal> {
        match (&self.order, expected) {
            (Some(order), Some(expected)) if order.version != expected => {
                Err(Refusal::Stale(order.version))
            }
            _ => Ok(()),
        }
    }

    /// A step that no chef makes: the order is the one who says what it means for whoever
    /// has it in hand.
    pub(crate) fn move_to(&mut self, wanted: Status) -> Result<OrderState, Refusal> {
        let before = self.hands.clone();
        if let Some(from) = self.order.as_ref().map(|order| order.status)
            && from != wanted
        {
            self.hands.moved_by_hand(from, wanted);
        }
        let order = self.put(wanted);
        if order.is_err() {
            self.hands = before;
        }
        order
    }

    /// The hands that it is in then are known.
    pub(crate) fn put(&mut self, wanted: Status) -> Result<OrderState, Refusal> {
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
        if (from, wanted) == (Status::Baking, Status::Preparing) {
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
                // Whoever burned it does not wait for an answer: the order must end here
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
            Status::Baking => inventory.send_consume(&order.order_id, order.remakes),
            Status::Cancelled => inventory.send_release(&order.order_id),
            _ => {}
        }
        if moves::is_kitchens(from) {
            let by = context::caller().filter(|caller| caller.actor_type == "chef");
            let burned = (from, order.status) == (Status::Baking, Status::Preparing);
            news::tell_kitchen(
                order,
                &self.hands,
                by.map(|chef| chef.key).as_deref(),
                burned,
            );
        }
        if moves::is_end(order.status)
            && let Some(driver_id) = &order.driver_id
        {
            let delivered = order.status == Status::Delivered;
            DriverClient::of(driver_id).send_release(&order.order_id, delivered);
        }
        if moves::is_end(order.status) {
            reminders::cancel(CHECK);
        }
    }

    pub(crate) fn give_to(&mut self, driver_id: &str) -> Result<OrderState, Refusal> {
        let mut order = self.order.clone().ok_or_else(unknown)?;
        if order.driver_id.as_deref() == Some(driver_id) {
            return Ok(order);
        }
        if order.status != Status::Ready {
            let message = format!(
                "a driver takes a ready order, not a {} one",
                moves::name(order.status)
            );
            return Err(conflict(message, Some(order.status), None));
        }
        // Whoever takes an offer knows by themselves that they may.
        let asks = context::caller();
        if asks.is_none_or(|asks| (&*asks.actor_type, &*asks.key) != ("driver", driver_id)) {
            could_take(&order, driver_id)?;
        }
        if let Some(before) = order.driver_id.take() {
            DriverClient::of(&before).send_release(&order.order_id, false);
        }
        let (order_id, restaurant_id) = (&order.order_id, &order.restaurant_id);
        DriverClient::of(driver_id).send_assign(order_id, restaurant_id);
        order.driver_id = Some(driver_id.to_owned());
        // Where the one before is, is nobody's business any more.
        order.driver_location = None;
        order.updated_at = context::now_ms();
        self.touch(&mut order, Kind::Driver);
        Ok(order)
    }

    /// Ready and without a driver again, the order is offered to others.
    pub(crate) fn take_from(&mut self, driver_id: &str) -> Result<OrderState, Refusal> {
        let mut order = self.order.clone().ok_or_else(unknown)?;
        let is_theirs = order.driver_id.as_deref() == Some(driver_id);
        if order.status == Status::Ready && is_theirs {
            order.driver_id = None;
            order.driver_location = None;
            order.updated_at = context::now_ms();
            self.touch(&mut order, Kind::Driver);
        }
        Ok(order)
    }

    pub(crate) fn driver_is_at(
        &mut self,
        driver_id: &str,
        location: Location,
        at: u64,
    ) -> Result<OrderState, Refusal> {
        let mut order = self.order.clone().ok_or_else(unknown)?;
        if order.driver_id.as_deref() != Some(driver_id) {
            let message = format!("{driver_id} is not the driver of this order");
            return Err(conflict(message, None, None));
        }
        if !check::is_on_earth(&location) || moves::is_end(order.status) {
            return Ok(order);
        }
        let expected_before = order.estimated_delivery_at;
        if order.status == Status::OutForDelivery
            && let Some(door) = &order.delivery_location
        {
            let speed_kmh = config::parse_or("speed-kmh", 30.0);
            order.estimated_delivery_at = Some(at + eta::travel_ms(&location, door, speed_kmh));
        }
        order.driver_location = Some(location);
        order.updated_at = context::now_ms();
        self.touch(&mut order, Kind::Driver);
        if eta::is_news(expected_before, order.estimated_delivery_at) {
            self.touch(&mut order, Kind::Eta);
        }
        Ok(order)
    }

    /// An order that has not moved since the last check is late.
    pub(crate) fn check_progress(&mut self) {
        let Some(mut order) = self.order.clone() else {
            return;
        };
        if moves::is_end(order.status) {
            reminders::cancel(CHECK);
            return;
        }
        if order.version == self.checked {
            order.late = true;
            order.updated_at = context::now_ms();
            self.touch(&mut order, Kind::Status);
            // Once it is baked, the kitchen has no part in the delay.
            if matches!(order.status, Status::Created | Status::Preparing) {
                self.hand_back(&order);
            }
        }
        self.checked = order.version;
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
        TIMELINE.insert(&format!("{:010}", order.version), &step);
        news::tell(order, Kind::Status, from);
    }

    /// A change of something else than the state.
    fn touch(&mut self, order: &mut OrderState, kind: Kind) {
        order.version += 1;
        news::tell(order, kind, None);
        self.order = Some(order.clone());
    }
}

/// # Errors
/// Unless the driver drives for the order's restaurant, and is free.
fn could_take(order: &OrderState, driver_id: &str) -> Result<(), Refusal> {
    let driver = DriverClient::of(driver_id);
    match driver.could_take(&order.order_id, &order.restaurant_id) {
        Ok(()) => Ok(()),
        Err(CallError::Refused(refusal)) => Err(refusal),
        Err(CallError::Call(failure)) => {
            let message = format!("the driver {driver_id} gave no answer: {failure:?}");
            Err(conflict(message, None, None))
        }
    }
}
