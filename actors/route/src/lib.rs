//! A worker who knows the streets: how far it is, and in which order to call at several doors.
//! It remembers nothing, so that any of its kind answers the same, and none of its turns leaves
//! anything behind.
//!
//! - [`matrix`]: how far it is from each place to each other
//! - [`tour`]: the order of stops
//! - [`held_karp`](crate::held_karp): the shortest order, by looking at all
//! - [`two_opt`](crate::two_opt): a short order, by mending
//! - [`answer`](crate::answer): lengths as they are told

use bindings::types::{Itinerary, Location, Refusal, Stretch, Tour};
use bindings::{bounds, route_queries};
use matrix::Matrix;
use pizza_streets::city::City;
use pizza_streets::road;
use serde::{Deserialize, Serialize};
use silo_sdk::config;

mod answer;
mod held_karp;
pub mod matrix;
pub mod tour;
mod two_opt;

silo_sdk::actor! { state: Route }
silo_sdk::manifest!({ "calls": [], "publishes": [], "config": true });

/// There is nothing to remember.
#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Route {}

#[silo_sdk::queries]
impl route_queries::Guest for Route {
    fn distance(
        &self,
        start: Location,
        end: Location,
        speed_kmh: Option<f64>,
    ) -> Result<Stretch, Refusal> {
        bounds::distance(&start, &end, &speed_kmh)?;
        let matrix = measured(start, &[end]);
        Ok(answer::stretch(&matrix, speed(speed_kmh)))
    }

    fn way(
        &self,
        start: Location,
        stops: Vec<Location>,
        speed_kmh: Option<f64>,
    ) -> Result<Itinerary, Refusal> {
        bounds::way(&start, &stops, &speed_kmh)?;
        let matrix = measured(start, &stops);
        Ok(answer::itinerary(City::demo(), &matrix, speed(speed_kmh)))
    }

    fn order_of_stops(
        &self,
        start: Location,
        stops: Vec<Location>,
        speed_kmh: Option<f64>,
    ) -> Result<Tour, Refusal> {
        bounds::order_of_stops(&start, &stops, &speed_kmh)?;
        let matrix = measured(start, &stops);
        Ok(answer::tour(&matrix, speed(speed_kmh)))
    }

    fn eta(
        &self,
        leaves_at: u64,
        start: Location,
        stops: Vec<Location>,
        speed_kmh: Option<f64>,
    ) -> Result<Vec<u64>, Refusal> {
        bounds::eta(&start, &stops, &speed_kmh)?;
        let matrix = measured(start, &stops);
        Ok(answer::arrivals(leaves_at, &matrix, speed(speed_kmh)))
    }
}

fn measured(start: Location, stops: &[Location]) -> Matrix {
    #[cfg(feature = "faulty")]
    panic!("it is of no use");
    #[cfg(not(feature = "faulty"))]
    {
        let places = std::iter::once(&start).chain(stops);
        let places = places.map(|place| (place.lat, place.lon)).collect();
        Matrix::of(City::demo(), places)
    }
}

fn speed(given_kmh: Option<f64>) -> f64 {
    given_kmh.unwrap_or_else(|| config::parse_or("speed-kmh", road::SPEED_KMH))
}
