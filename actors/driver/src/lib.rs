//! A driver: where they are, what they are offered, and which order they carry.
//!
//! - [`offers`](crate::offers): a restaurant offers an order, the driver takes it or not
//! - [`road`](crate::road): positions, and what happens when there are none

use std::collections::BTreeSet;

use bindings::clients::{OrderClient, RestaurantClient};
use bindings::types::Status;
use bindings::types::{
    Availability, Conflict, Delivery, DriverState, Location, Motion, Refusal, Violation,
};
use bindings::{bounds, driver, driver_queries, reminder_events};
use serde::{Deserialize, Serialize};
use silo_sdk::{CallError, context, reminders};

mod offers;
mod road;

silo_sdk::actor! { state: Driver }
silo_sdk::manifest!({
    "calls": ["order.*", "restaurant.*"],
    "publishes": ["driver-location-updates", "driver-offers"],
    "reminders": true
});

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Driver {
    #[serde(rename = "d")]
    state: Option<DriverState>,
    /// Where and when the restaurant last heard of this driver.
    #[serde(rename = "t", default)]
    told: Option<(u64, Location)>,
    /// For whom the driver drives besides the restaurant that asked last.
    #[serde(rename = "r", default)]
    others: BTreeSet<String>,
}

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
            self.let_go(&mut state);
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
        moved.map_err(|error| refusal(error, &state))?;
        Ok(state)
    }

    fn delivered(&mut self) -> Result<DriverState, Refusal> {
        let mut state = self.known()?;
        let order_id = state.order_id.clone().ok_or_else(|| idle(&state))?;
        // The order decides: what was not picked up cannot have been delivered.
        let ended = OrderClient::of(&order_id).confirm_delivery(None);
        ended.map_err(|error| refusal(error, &state))?;
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
}

#[silo_sdk::commands]
impl reminder_events::Guest for Driver {
    fn on_reminder(&mut self, name: String, _due: u64, _missed: u32) {
        if name == road::SIGNAL {
            self.listen();
        }
    }
}

impl Driver {
    fn known(&self) -> Result<DriverState, Refusal> {
        let unknown = || Refusal::NotFound(format!("there is no driver {}", context::key()));
        self.state.clone().ok_or_else(unknown)
    }

    /// A driver whom nobody has heard of is offline.
    fn view(&self) -> DriverState {
        self.state.clone().unwrap_or_else(|| DriverState {
            driver_id: context::key(),
            status: Availability::Offline,
            location: None,
            located_at: None,
            motion: None,
            order_id: None,
            delivered: 0,
            restaurant_id: None,
            offer: None,
            lost_signal: false,
        })
    }

    fn keep(&mut self, state: DriverState) -> DriverState {
        self.state = Some(state.clone());
        state
    }

    pub(crate) fn drives_for(&self, restaurant_id: &str) -> bool {
        let last = self.state.as_ref().and_then(|s| s.restaurant_id.as_deref());
        last == Some(restaurant_id) || self.others.contains(restaurant_id)
    }

    /// Whoever carries it already may, and else whoever is free and drives for the restaurant.
    fn may_take(&self, order_id: &str, restaurant_id: &str) -> Result<(), Refusal> {
        let state = self.known()?;
        if state.order_id.as_deref() == Some(order_id) {
            return Ok(());
        }
        let driver_id = &state.driver_id;
        if !self.drives_for(restaurant_id) {
            let message = format!("{driver_id} does not drive for {restaurant_id}");
            return Err(conflict(&message, &state, &[]));
        }
        if state.status != Availability::Available {
            let message = format!("{driver_id} is not available");
            return Err(conflict(&message, &state, &["available"]));
        }
        Ok(())
    }

    /// Keeps the state, and lets the restaurants know of it.
    fn tell(&mut self, state: DriverState) -> DriverState {
        for restaurant_id in state.restaurant_id.iter().chain(&self.others) {
            RestaurantClient::of(restaurant_id).send_driver_changed(&state);
            self.told = state.location.map(|location| (context::now_ms(), location));
        }
        self.keep(state)
    }

    fn carry(&mut self, state: &mut DriverState, order_id: String) {
        self.let_go(state);
        state.order_id = Some(order_id);
        state.status = Availability::Busy;
        reminders::set_periodic(
            road::SIGNAL,
            road::SILENCE,
            road::SILENCE,
            reminders::Missed::Last,
        );
    }

    fn is_free(&mut self, mut state: DriverState) -> DriverState {
        state.status = Availability::Available;
        state.lost_signal = false;
        reminders::cancel(road::SIGNAL);
        self.tell(state)
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

fn idle(state: &DriverState) -> Refusal {
    conflict("the driver carries no order", state, &[])
}

/// What the order declines, the driver declines.
fn refusal(error: CallError<Refusal>, state: &DriverState) -> Refusal {
    match error {
        CallError::Refused(refusal) => refusal,
        CallError::Call(failure) => {
            let message = format!("the order gave no answer: {failure:?}");
            conflict(&message, state, &[])
        }
    }
}

fn conflict(message: &str, state: &DriverState, allowed: &[&str]) -> Refusal {
    let current = match state.status {
        Availability::Offline => "offline",
        Availability::Available => "available",
        Availability::Busy => "busy",
    };
    Refusal::Conflict(Conflict {
        message: message.to_owned(),
        current: Some(current.to_owned()),
        wanted: None,
        allowed: allowed.iter().map(ToString::to_string).collect(),
    })
}

fn invalid(pointer: &str, message: &str) -> Refusal {
    Refusal::Invalid(vec![Violation {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
    }])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
