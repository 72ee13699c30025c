//! The way that lies before a driver: to the restaurant while the order is there, and to the door.

use pizza_streets::{road, worker};
use silo_sdk::{context, log};

use crate::bindings::clients::{OrderClient, RestaurantClient, RouteClient};
use crate::bindings::types::{Basis, DriverState, Itinerary, Leg, Location, Refusal, Status};
use crate::refusal::{conflict, idle, of_call};
use crate::state::Driver;

impl Driver {
    /// Asked for by whoever looks, and kept nowhere: the driver is elsewhere a second later.
    ///
    /// # Errors
    /// When the driver carries nothing, or nobody knows from where or to where.
    pub(crate) fn way_ahead(&self) -> Result<Itinerary, Refusal> {
        let state = self.known()?;
        let unknown = |message: &str| conflict(message, &state, &[]);
        let order_id = state.order_id.as_ref().ok_or_else(|| idle(&state))?;
        let Some(start) = state.location else {
            return Err(unknown("nobody knows where the driver is"));
        };
        let stops = stops(order_id, &state)?;
        if stops.is_empty() {
            return Err(unknown("the order has no place to go to"));
        }
        let worker = worker::key_for(&context::key());
        let way = RouteClient::of(&worker).way(start, &stops, None);
        Ok(way.unwrap_or_else(|error| {
            log::info!("nobody knows the way: {error}");
            straight(start, stops)
        }))
    }
}

fn stops(order_id: &str, state: &DriverState) -> Result<Vec<Location>, Refusal> {
    let order = OrderClient::of(order_id).get();
    let order = order.map_err(|error| of_call(error, state))?;
    let mut stops = Vec::new();
    if order.status == Status::Ready {
        let restaurant = RestaurantClient::of(&order.restaurant_id).get();
        let restaurant = restaurant.map_err(|error| of_call(error, state))?;
        stops.push(restaurant.profile.location);
    }
    stops.extend(order.delivery_location);
    Ok(stops)
}

/// About as far as that, where nobody says how the streets are.
fn straight(start: Location, stops: Vec<Location>) -> Itinerary {
    let path: Vec<Location> = std::iter::once(start).chain(stops).collect();
    let places = |pair: &[Location]| pair.iter().map(|p| (p.lat, p.lon)).collect::<Vec<_>>();
    let lengths = path.windows(2).map(|pair| {
        let pair = places(pair);
        road::about_m(pair[0], pair[1])
    });
    let lengths: Vec<f64> = lengths.collect();
    let all = leg(lengths.iter().sum());
    Itinerary {
        basis: Basis::StraightLine,
        metres: all.metres,
        seconds: all.seconds,
        legs: lengths.into_iter().map(leg).collect(),
        path,
    }
}

fn leg(metres: f64) -> Leg {
    let ms = road::travel_ms(metres, road::SPEED_KMH);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "two distances on Earth; a cast saturates"
    )]
    let metres = metres.ceil() as u32;
    Leg {
        metres,
        seconds: u32::try_from(ms.div_ceil(1_000)).unwrap_or(u32::MAX),
    }
}
