//! A driver: where they are, what they are offered, and which order they carry.
//!
//! - [`state`](crate::state): what is kept of the driver, and who hears of it
//! - [`refusal`](crate::refusal): how the driver declines
//! - [`offers`](crate::offers): a restaurant offers an order, the driver takes it or not
//! - [`carrying`](crate::carrying): an order comes into the car, and leaves it
//! - [`position`](crate::position): where the driver is, and what happens when nobody knows
//! - [`way`](crate::way): the way that lies before the driver

use bindings::clients::OrderClient;
use bindings::types::{
    Availability, Delivery, DriverState, Itinerary, Location, Motion, Refusal, Status,
};
use bindings::{bounds, driver, driver_queries, reminder_events};
use refusal::{conflict, idle, of_call};
use silo_sdk::context;

mod carrying;
mod offers;
mod position;
mod refusal;
mod state;
mod way;

pub use state::Driver;

silo_sdk::actor! { state: Driver }
silo_sdk::manifest!({
    "calls": ["order.*", "restaurant.*", "route.*"],
    "publishes": ["driver-location-updates", "driver-offers"],
    "reminders": true
});

#[silo_sdk::commands]
impl driver::Guest for Driver {
    fn join(&mut self, restaurant_id: String) -> Result<DriverState, Refusal> {
        bounds::join(&restaurant_id)?;
        let mut state = self.view();
        self.others.remove(&restaurant_id);
        let before = state.restaurant_id.replace(restaurant_id);
        let is_other = |id: &String| Some(id) != state.restaurant_id.as_ref();
        self.others.extend(before.filter(is_other));
        Ok(self.tell(state))
    }

    fn leave(&mut self, restaurant_id: String) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        self.others.remove(&restaurant_id);
        let is_last = state.restaurant_id.take_if(|id| *id == restaurant_id);
        if is_last.is_some() {
            state.restaurant_id = self.others.pop_last();
        }
        (state.offer).take_if(|offer| offer.restaurant_id == restaurant_id);
        Ok(self.keep(state))
    }

    fn offer(&mut self, delivery: Delivery) -> Result<DriverState, Refusal> {
        self.consider(delivery)
    }

    fn withdraw(&mut self, order_id: String) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        state.offer.take_if(|offer| offer.order_id == order_id);
        Ok(self.keep(state))
    }

    fn accept(&mut self, order_id: String) -> Result<DriverState, Refusal> {
        bounds::accept(&order_id)?;
        self.take(&order_id)
    }

    fn reject(&mut self, order_id: String) -> Result<DriverState, Refusal> {
        bounds::reject(&order_id)?;
        self.decline(&order_id)
    }

    fn set_status(&mut self, status: Availability) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        if status == Availability::Available && state.order_id.is_some() {
            return Err(conflict(
                "the driver carries an order",
                &state,
                &["busy", "offline"],
            ));
        }
        // Nobody hands a pizza back by going offline: it is on the road, with a driver who
        // cannot be reached.
        if status == Availability::Offline && state.order_id.is_some() {
            return Ok(self.is_lost(state));
        }
        state.status = status;
        state.lost_signal = false;
        if status != Availability::Available {
            self.set_free(&mut state);
        }
        Ok(self.tell(state))
    }

    fn update_location(
        &mut self,
        location: Location,
        at: u64,
        motion: Option<Motion>,
    ) -> Result<DriverState, Refusal> {
        self.is_at(location, at, motion)
    }

    fn assign(&mut self, order_id: String, restaurant_id: String) -> Result<DriverState, Refusal> {
        bounds::assign(&order_id)?;
        let mut state = self.view();
        said_by_order(&order_id, &state)?;
        if state.order_id.as_ref() == Some(&order_id) {
            return Ok(state);
        }
        if self.may_take(&order_id, &restaurant_id).is_err() {
            // Nobody waits for an answer, so the order must be told.
            OrderClient::of(&order_id).send_driver_declined(&context::key());
            return Ok(state);
        }
        self.carry(&mut state, order_id);
        Ok(self.tell(state))
    }

    fn picked_up(&mut self) -> Result<DriverState, Refusal> {
        let state = self.known()?;
        let order_id = state.order_id.as_ref().ok_or_else(|| idle(&state))?;
        let moved = OrderClient::of(order_id).update_status(Status::OutForDelivery, None);
        moved.map_err(|error| of_call(error, &state))?;
        Ok(state)
    }

    fn delivered(&mut self) -> Result<DriverState, Refusal> {
        let mut state = self.known()?;
        let order_id = state.order_id.clone().ok_or_else(|| idle(&state))?;
        // The order decides: what was not picked up cannot have been delivered.
        let ended = OrderClient::of(&order_id).confirm_delivery(None);
        ended.map_err(|error| of_call(error, &state))?;
        state.order_id = None;
        state.delivered += 1;
        Ok(self.is_free(state))
    }

    fn release(&mut self, order_id: String, delivered: bool) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        said_by_order(&order_id, &state)?;
        match state.order_id.take_if(|current| *current == order_id) {
            Some(_) => {
                state.delivered += u64::from(delivered);
                Ok(self.is_free(state))
            }
            None => Ok(state),
        }
    }
}

#[silo_sdk::queries]
impl driver_queries::Guest for Driver {
    fn get(&self) -> Result<DriverState, Refusal> {
        self.known()
    }

    fn could_take(&self, order_id: String, restaurant_id: String) -> Result<(), Refusal> {
        self.may_take(&order_id, &restaurant_id)
    }

    fn way(&self) -> Result<Itinerary, Refusal> {
        self.way_ahead()
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Driver {
    fn on_reminder(&mut self, name: String, _due: u64, _missed: u32) {
        if name == position::SIGNAL {
            self.listen();
        }
    }
}

/// The order is the only one who says who carries it.
fn said_by_order(order_id: &str, state: &DriverState) -> Result<(), Refusal> {
    let says = context::caller();
    if says.is_some_and(|says| says.actor_type == "order" && says.key == order_id) {
        return Ok(());
    }
    let message = "only the order itself says who carries it: ask its `assign-driver`";
    Err(conflict(message, state, &[]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
