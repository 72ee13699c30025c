//! The restaurant for which a simulation works.

use std::collections::BTreeSet;

use anyhow::Context;
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::menu;
use crate::restaurant_setup::{self, Restaurant};
use crate::retrying_client::RetryingClient;
use pizza_streets::city::City;
use pizza_streets::location::Location;

/// Chefs of a restaurant that the simulation sets up.
const CHEFS: u32 = 3;
/// How much such a restaurant has of each ingredient.
const PLENTY: u32 = 1_000_000;
/// The most drivers that the profile of a restaurant takes.
const DRIVERS_MAX: usize = 1_000;

/// Makes the restaurant ready, with these drivers beside those that it has, and returns where it
/// is. One that is not there yet is set up at the first crossing of the city.
///
/// # Errors
/// When it is in no street of the city, or has too many drivers then.
pub(crate) async fn ready(
    client: &mut RetryingClient,
    id: &str,
    drivers: &[String],
    city: &City,
) -> anyhow::Result<Location> {
    let path = format!("/api/restaurants/{id}");
    let answer = client.get(&path).await?;
    if answer.status == StatusCode::NOT_FOUND {
        let (location, _) = city.crossing(0);
        let wanted = Restaurant {
            id: id.to_owned(),
            location,
            drivers: drivers.to_vec(),
            chefs: CHEFS,
            menu: menu::recipes(),
            on_hand: PLENTY,
        };
        restaurant_setup::set_up(client, &wanted).await?;
        return Ok(location);
    }
    let mut profile = answer.granted(&path)?["profile"].take();
    let location = &profile["location"];
    let location = location["lat"].as_f64().zip(location["lon"].as_f64());
    let location = location.with_context(|| format!("{id} is nowhere"))?;
    anyhow::ensure!(city.contains(location), "{id} is not in this city");
    let known = profile["drivers"].as_array().into_iter().flatten();
    let known = known.filter_map(|driver| driver.as_str().map(str::to_owned));
    let mut all: BTreeSet<String> = known.collect();
    let before = all.len();
    all.extend(drivers.iter().cloned());
    anyhow::ensure!(
        all.len() <= DRIVERS_MAX,
        "{id} has {before} drivers, and may have {DRIVERS_MAX}"
    );
    // A profile is written as a whole, so it is only written when it changes.
    if all.len() > before {
        profile["drivers"] = json!(all);
        let configure = format!("/api/actors/restaurant/{id}/configure");
        let profile = json!([profile]);
        client.tell(Method::POST, &configure, &profile).await?;
    }
    Ok(location)
}
