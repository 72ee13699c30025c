//! Who carries an order, and where that driver is.

use silo_sdk::{CallError, context};

use crate::bindings::clients::DriverClient;
use crate::bindings::types::{Location, OrderState, Refusal, Status};
use crate::eta::Way;
use crate::notifications::Kind;
use crate::refusal::{conflict, unknown};
use crate::state::Order;
use crate::{check, eta, moves, notifications};

impl Order {
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
        // A driver who takes an offer has checked that they may before they ask.
        let asks = context::caller();
        if asks.is_none_or(|asks| (&*asks.actor_type, &*asks.key) != ("driver", driver_id)) {
            could_take(&order, driver_id)?;
        }
        // The one before is told first, so that an order is never in two cars.
        if let Some(before) = order.driver_id.take() {
            DriverClient::of(&before).send_release(&order.order_id, false);
        }
        let (order_id, restaurant_id) = (&order.order_id, &order.restaurant_id);
        DriverClient::of(driver_id).send_assign(order_id, restaurant_id);
        order.driver_id = Some(driver_id.to_owned());
        // Where the one before is, is nobody's business any more.
        order.driver_location = None;
        self.way = None;
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

    /// The one move back that is no mistake: whoever carries it says that they cannot, and nobody
    /// would ever bring it if it stayed theirs. From then on it is an order like any that is ready.
    ///
    /// # Errors
    /// Unless the driver who has it says so.
    pub(crate) fn comes_back(&mut self) -> Result<OrderState, Refusal> {
        let mut order = self.order.clone().ok_or_else(unknown)?;
        let from = order.status;
        let asks = context::caller().filter(|asks| asks.actor_type == "driver");
        let is_theirs = asks.is_some_and(|asks| order.driver_id.as_deref() == Some(&*asks.key));
        if !is_theirs || !matches!(from, Status::Ready | Status::OutForDelivery) {
            let message = "only the driver who has it gives it back".to_owned();
            return Err(conflict(message, Some(from), Some(Status::Ready)));
        }
        order.driver_id = None;
        order.driver_location = None;
        self.way = None;
        order.updated_at = context::now_ms();
        if from == Status::Ready {
            self.touch(&mut order, Kind::Driver);
            return Ok(order);
        }
        order.status = Status::Ready;
        self.record(&mut order, Some(from));
        notifications::to_kitchen(&order, &self.holder, None, false);
        self.order = Some(order.clone());
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
        // Nobody waits for an answer, so what is late or nonsense is passed over.
        if !check::is_on_earth(&location) || moves::is_end(order.status) {
            return Ok(order);
        }
        let expected_before = order.estimated_delivery_at;
        if order.status == Status::OutForDelivery
            && let Some(door) = order.delivery_location
        {
            let way = Way::renewed(self.way, location, door);
            self.way = Some(way);
            let left_ms = way.travel_ms(location, door);
            order.estimated_delivery_at = Some(at.saturating_add(left_ms));
        }
        order.driver_location = Some(location);
        order.updated_at = context::now_ms();
        self.touch(&mut order, Kind::Driver);
        if eta::is_worth_telling(expected_before, order.estimated_delivery_at) {
            self.touch(&mut order, Kind::Eta);
        }
        Ok(order)
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
