//! A driver: where they are, what they are offered, and which order they carry.
//!
//! - [`state`](crate::state): what is kept of the driver, and who hears of it
//! - [`refusal`](crate::refusal): how the driver declines
//! - [`offers`](crate::offers): a restaurant offers an order, the driver takes it or not
//! - [`carrying`](crate::carrying): an order comes into the car, and leaves it
//! - [`trips`](crate::trips): from the restaurant to a door, and those that ended there
//! - [`duty`](crate::duty): what the driver's screen shows, and what was done today
//! - [`notifications`](crate::notifications): what screens hear of the driver
//! - [`position`](crate::position): where the driver is, and what happens when nobody knows
//! - [`way`](crate::way): the way that lies before the driver

use bindings::clients::OrderClient;
use bindings::types::{
    Availability, Delivery, DriverDay, DriverDuty, DriverState, Fix, Itinerary, Location, Motion,
    OfferDetails, Refusal, Status, Trouble,
};
use bindings::{bounds, driver, driver_queries, reminder_events};
use notifications::{Ended, Gone, News};
use refusal::{conflict, of_call};
use silo_sdk::context;

mod carrying;
mod duty;
mod notifications;
mod offers;
mod position;
mod refusal;
mod state;
mod trips;
mod way;

pub use state::Driver;

silo_sdk::actor! { state: Driver }
silo_sdk::manifest!({
    "calls": ["order.*", "restaurant.*", "route.*"],
    "publishes": ["driver-events", "driver-location-updates", "driver-offers", "restaurant-orders"],
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
        let state = self.tell(state);
        self.announce(News::Duty, &state);
        Ok(state)
    }

    fn leave(&mut self, restaurant_id: String) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        self.others.remove(&restaurant_id);
        let is_last = state.restaurant_id.take_if(|id| *id == restaurant_id);
        if is_last.is_some() {
            state.restaurant_id = self.others.pop_last();
        }
        (state.offer).take_if(|offer| offer.restaurant_id == restaurant_id);
        let state = self.keep(state);
        self.announce(News::Duty, &state);
        Ok(state)
    }

    fn offer(
        &mut self,
        delivery: Delivery,
        details: Option<OfferDetails>,
    ) -> Result<DriverState, Refusal> {
        self.consider(delivery, details)
    }

    fn withdraw(&mut self, order_id: String) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        let offer = state.offer.take_if(|offer| offer.order_id == order_id);
        let Some(offer) = offer else {
            return Ok(self.keep(state));
        };
        let is_over = offer.expires_at <= context::now_ms();
        let reason = if is_over { Gone::Expired } else { Gone::Taken };
        Ok(self.is_not_asked(state, &offer.order_id, reason))
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
        self.since = match status {
            Availability::Offline => None,
            _ => self.since.or(Some(context::now_ms())),
        };
        let state = self.tell(state);
        self.announce(News::Duty, &state);
        Ok(state)
    }

    fn update_location(
        &mut self,
        location: Location,
        at: u64,
        motion: Option<Motion>,
    ) -> Result<DriverState, Refusal> {
        bounds::update_location(&location, &motion)?;
        self.is_at(location, at, motion)
    }

    fn update_locations(&mut self, fixes: Vec<Fix>) -> Result<DriverState, Refusal> {
        bounds::update_locations(&fixes)?;
        self.was_at(fixes)
    }

    fn assign(&mut self, order_id: String, restaurant_id: String) -> Result<DriverState, Refusal> {
        bounds::assign(&order_id)?;
        let state = self.view();
        said_by_order(&order_id, &state)?;
        if state.order_id.as_ref() == Some(&order_id) {
            return Ok(state);
        }
        if self.may_take(&order_id, &restaurant_id).is_err() {
            // Nobody waits for an answer, so the order must be told.
            OrderClient::of(&order_id).send_driver_declined(&context::key());
            return Ok(state);
        }
        Ok(self.carry(state, &order_id, &restaurant_id))
    }

    fn picked_up(&mut self, order_id: Option<String>) -> Result<DriverState, Refusal> {
        self.picks_up(order_id)
    }

    fn delivered(&mut self, order_id: Option<String>) -> Result<DriverState, Refusal> {
        let (state, order_id) = self.carries(order_id)?;
        // The order decides: what was not picked up cannot have been delivered.
        let ended = OrderClient::of(&order_id).confirm_delivery(None);
        ended.map_err(|error| of_call(error, &state))?;
        Ok(self.set_down(state, Ended::Delivered))
    }

    fn cannot_deliver(
        &mut self,
        reason: Trouble,
        order_id: Option<String>,
    ) -> Result<DriverState, Refusal> {
        self.gives_back(reason, order_id)
    }

    fn order_moved(
        &mut self,
        order_id: String,
        status: Status,
        version: u64,
    ) -> Result<DriverState, Refusal> {
        let state = self.view();
        said_by_order(&order_id, &state)?;
        if state.order_id.as_ref() == Some(&order_id) {
            self.moved(&order_id, status, version, &state);
        }
        Ok(state)
    }

    fn release(&mut self, order_id: String, delivered: bool) -> Result<DriverState, Refusal> {
        let state = self.view();
        said_by_order(&order_id, &state)?;
        if state.order_id.as_ref() != Some(&order_id) {
            return Ok(state);
        }
        let delivered = delivered.then_some(Ended::Delivered);
        Ok(self.set_down(state, delivered.unwrap_or(Ended::Given)))
    }
}

#[silo_sdk::queries]
impl driver_queries::Guest for Driver {
    fn get(&self) -> Result<DriverState, Refusal> {
        self.known()
    }

    fn duty(&self) -> Result<DriverDuty, Refusal> {
        Ok(self.on_duty(&self.known()?))
    }

    fn day(&self) -> Result<DriverDay, Refusal> {
        self.so_far_today()
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
