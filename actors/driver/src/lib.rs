//! A driver: where they are, and which order they carry.

use bindings::clients::OrderClient;
use bindings::types::{Availability, Conflict, DriverState, Location, Refusal, Status, Violation};
use bindings::{driver, driver_queries};
use serde::{Deserialize, Serialize};
use silo_sdk::{context, streams};

silo_sdk::actor! { state: Driver }

/// A clock in a phone may be ahead by this much.
const AHEAD_MS_MAX: u64 = 60_000;

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Driver {
    #[serde(rename = "d")]
    state: Option<DriverState>,
}

#[silo_sdk::commands]
impl driver::Guest for Driver {
    fn set_status(&mut self, status: Availability) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        if status == Availability::Available && state.order_id.is_some() {
            return Err(conflict(
                "the driver carries an order",
                &state,
                &["busy", "offline"],
            ));
        }
        state.status = status;
        Ok(self.keep(state))
    }

    fn update_location(&mut self, location: Location, at: u64) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        on_earth(location)?;
        if at > context::now_ms() + AHEAD_MS_MAX {
            return Err(invalid("/at", "lies in the future"));
        }
        if state.located_at.is_some_and(|last| at <= last) {
            return Ok(state);
        }
        state.location = Some(location);
        state.located_at = Some(at);
        if let Some(order_id) = &state.order_id {
            let driver_id = context::key();
            let order = OrderClient::of(order_id);
            order.send_update_driver_location(&driver_id, location, at);
            let update = silo_sdk::json::json!({
                "driverId": driver_id, "orderId": order_id, "location": location, "at": at,
            });
            streams::publish("driver-location-updates", &driver_id, &update);
        }
        Ok(self.keep(state))
    }

    fn assign(&mut self, order_id: String) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        if state
            .order_id
            .as_ref()
            .is_some_and(|current| *current != order_id)
        {
            return Err(conflict("the driver carries another order", &state, &[]));
        }
        state.order_id = Some(order_id);
        state.status = Availability::Busy;
        Ok(self.keep(state))
    }

    fn picked_up(&mut self) -> Result<DriverState, Refusal> {
        let state = self.view();
        let order_id = state.order_id.as_ref().ok_or_else(|| idle(&state))?;
        OrderClient::of(order_id).send_update_status(Status::OutForDelivery);
        Ok(state)
    }

    fn delivered(&mut self) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        let order_id = state.order_id.take().ok_or_else(|| idle(&state))?;
        OrderClient::of(&order_id).send_confirm_delivery();
        state.status = Availability::Available;
        state.delivered += 1;
        Ok(self.keep(state))
    }

    fn release(&mut self, order_id: String) -> Result<DriverState, Refusal> {
        let mut state = self.view();
        if state
            .order_id
            .take_if(|current| *current == order_id)
            .is_some()
        {
            state.status = Availability::Available;
        }
        Ok(self.keep(state))
    }
}

#[silo_sdk::queries]
impl driver_queries::Guest for Driver {
    fn get(&self) -> DriverState {
        self.view()
    }
}

impl Driver {
    /// A driver whom nobody has heard of is offline.
    fn view(&self) -> DriverState {
        self.state.clone().unwrap_or_else(|| DriverState {
            driver_id: context::key(),
            status: Availability::Offline,
            location: None,
            located_at: None,
            order_id: None,
            delivered: 0,
        })
    }

    fn keep(&mut self, state: DriverState) -> DriverState {
        self.state = Some(state.clone());
        state
    }
}

fn idle(state: &DriverState) -> Refusal {
    conflict("the driver carries no order", state, &[])
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

fn on_earth(location: Location) -> Result<(), Refusal> {
    let parts = [
        ("/location/lat", location.lat, 90.0),
        ("/location/lon", location.lon, 180.0),
    ];
    for (pointer, degrees, max) in parts {
        // Not a number is on no side of the bound.
        if !(-max..=max).contains(&degrees) {
            return Err(invalid(pointer, &format!("is from -{max} to {max}")));
        }
    }
    Ok(())
}

fn invalid(pointer: &str, message: &str) -> Refusal {
    Refusal::Invalid(vec![Violation {
        pointer: pointer.to_owned(),
        message: message.to_owned(),
    }])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use silo_sdk::testing::Host;

    use super::*;

    const PLACE: Location = Location {
        lat: 40.85,
        lon: 14.27,
    };

    #[test]
    fn positions_go_forward_and_stay_on_earth() {
        let host = Host::new("driver", "driver-1");
        let mut driver = Driver::default();
        let now = host.now_ms();
        driver.update_location(PLACE, now).unwrap();
        let older = driver
            .update_location(Location { lat: 1.0, lon: 1.0 }, now - 1)
            .unwrap();
        assert_eq!(older.location, Some(PLACE));
        for lat in [91.0, f64::NAN, f64::INFINITY] {
            let refused = driver.update_location(Location { lat, lon: 0.0 }, now + 1);
            let Err(Refusal::Invalid(refused)) = refused else {
                panic!("{lat} is on earth");
            };
            assert_eq!(refused[0].pointer, "/location/lat");
        }
        let tomorrow = driver.update_location(PLACE, now + 86_400_000);
        assert!(matches!(tomorrow, Err(Refusal::Invalid(_))));
    }

    #[test]
    fn a_delivery_from_hand_to_door() {
        let host = Host::new("driver", "driver-1");
        let mut driver = Driver::default();
        assert!(driver.picked_up().is_err());
        driver.assign("order-1".to_owned()).unwrap();
        assert!(driver.assign("order-2".to_owned()).is_err());
        driver.update_location(PLACE, host.now_ms()).unwrap();
        assert_eq!(host.sent_to("order", "update-driver-location").len(), 1);
        driver.picked_up().unwrap();
        let done = driver.delivered().unwrap();
        assert_eq!(
            (done.status, done.delivered, done.order_id),
            (Availability::Available, 1, None)
        );
        assert_eq!(host.sent_to("order", "confirm-delivery")[0].key, "order-1");
    }
}
