//! A restaurant: where it is, whether it is open, who drives for it.

use bindings::types::{Profile, Refusal, RestaurantState, Violation};
use bindings::{restaurant, restaurant_queries};
use serde::{Deserialize, Serialize};
use silo_sdk::context;

silo_sdk::actor! { state: Restaurant }

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Restaurant {
    state: Option<RestaurantState>,
}

#[silo_sdk::commands]
impl restaurant::Guest for Restaurant {
    fn configure(&mut self, profile: Profile) -> Result<RestaurantState, Refusal> {
        let violations = violations(&profile);
        if !violations.is_empty() {
            return Err(Refusal::Invalid(violations));
        }
        let opened_at = self
            .state
            .as_ref()
            .map_or_else(context::now_ms, |s| s.opened_at);
        let state = RestaurantState {
            restaurant_id: context::key(),
            profile,
            opened_at,
        };
        self.state = Some(state.clone());
        Ok(state)
    }

    fn set_open(&mut self, open: bool) -> Result<RestaurantState, Refusal> {
        let state = self.state.as_mut().ok_or_else(unknown)?;
        state.profile.open = open;
        Ok(state.clone())
    }
}

#[silo_sdk::queries]
impl restaurant_queries::Guest for Restaurant {
    fn get(&self) -> Result<RestaurantState, Refusal> {
        self.state.clone().ok_or_else(unknown)
    }
}

fn unknown() -> Refusal {
    Refusal::NotFound(format!("there is no restaurant {}", context::key()))
}

fn violations(profile: &Profile) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut wrong = |pointer: &str, message: &str| {
        let (pointer, message) = (pointer.to_owned(), message.to_owned());
        found.push(Violation { pointer, message });
    };
    if profile.name.is_empty() || profile.name.chars().count() > 100 {
        wrong("/profile/name", "takes 1 to 100 characters");
    }
    if profile.region.chars().count() > 100 {
        wrong("/profile/region", "takes at most 100 characters");
    }
    let place = &profile.location;
    if !(place.lat.abs() <= 90.0 && place.lon.abs() <= 180.0) {
        wrong(
            "/profile/location",
            "lat is from -90 to 90, lon from -180 to 180",
        );
    }
    if profile.drivers.len() > 1_000 {
        wrong("/profile/drivers", "takes at most 1000 drivers");
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use bindings::types::Location;
    use silo_sdk::testing::Host;

    use super::*;

    #[test]
    fn a_restaurant_is_configured_before_it_opens() {
        let _host = Host::new("restaurant", "napoli");
        let mut restaurant = Restaurant::default();
        assert!(matches!(
            restaurant.set_open(true),
            Err(Refusal::NotFound(_))
        ));
        let mut profile = Profile {
            name: "Napoli".to_owned(),
            region: "eu".to_owned(),
            location: Location {
                lat: 95.0,
                lon: 14.0,
            },
            open: false,
            drivers: Vec::new(),
        };
        assert!(matches!(
            restaurant.configure(profile.clone()),
            Err(Refusal::Invalid(_))
        ));
        profile.location.lat = 40.8;
        restaurant.configure(profile).unwrap();
        assert!(restaurant.set_open(true).unwrap().profile.open);
    }
}
