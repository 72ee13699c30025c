//! A driver as their own screen shows them, and what they have done today.

use pizza_streets::road;
use silo_sdk::context;

use crate::bindings::clients::RestaurantClient;
use crate::bindings::types::{
    Delivery, DriverDay, DriverDuty, DriverState, Location, Offered, Refusal,
};
use crate::state::Driver;
use crate::trips;

const DAY_MS: u64 = 86_400_000;

impl Driver {
    pub(crate) fn on_duty(&self, state: &DriverState) -> DriverDuty {
        let state = state.clone();
        let here = state.location;
        DriverDuty {
            offer: state.offer.map(|offer| self.in_full(offer, here)),
            driver_id: state.driver_id,
            status: state.status,
            location: state.location,
            located_at: state.located_at,
            motion: state.motion,
            order_id: state.order_id,
            delivered: state.delivered,
            restaurant_id: state.restaurant_id,
            lost_signal: state.lost_signal,
            since: self.since,
        }
    }

    fn in_full(&self, offer: Delivery, here: Option<Location>) -> Offered {
        let details = self.details.clone();
        let offered_at = details.as_ref().map(|details| details.offered_at);
        let seconds = |from: u64| offer.expires_at.saturating_sub(from).div_ceil(1_000);
        let (address, name, pizzas) = details.map_or((None, None, None), |details| {
            let address = details.pick_up_address;
            (address, details.restaurant_name, details.pizzas)
        });
        Offered {
            offered_at,
            seconds: offered_at.map(|at| u32::try_from(seconds(at)).unwrap_or(u32::MAX)),
            restaurant_name: name,
            pick_up_address: address,
            pizzas,
            to_restaurant_m: here.map(|here| metres(here, offer.pick_up)),
            to_door_m: offer.deliver_to.map(|door| metres(offer.pick_up, door)),
            order_id: offer.order_id,
            restaurant_id: offer.restaurant_id,
            pick_up: offer.pick_up,
            deliver_to: offer.deliver_to,
            expires_at: offer.expires_at,
        }
    }

    /// # Errors
    /// When there is no such driver.
    pub(crate) fn so_far_today(&self) -> Result<DriverDay, Refusal> {
        let state = self.known()?;
        let restaurant = state.restaurant_id.as_deref().map(RestaurantClient::of);
        // Its clock says when the day began, and it knows who else waits.
        let today = restaurant.and_then(|restaurant| restaurant.today().ok());
        let now = context::now_ms();
        let begin = (today.as_ref()).map_or(now - now % DAY_MS, |today| today.begin);
        let runs = trips::since(begin);
        let count = runs.len();
        let took = runs
            .iter()
            .map(|run| run.at.saturating_sub(run.trip.taken_at));
        let driven: f64 = runs.iter().map(|run| run.trip.metres).sum();
        Ok(DriverDay {
            driver_id: state.driver_id,
            begin,
            since: self.since,
            deliveries: u32::try_from(count).unwrap_or(u32::MAX),
            metres: u64::from(whole(driven)),
            average_ms: took.sum::<u64>().checked_div(count as u64),
            last_at: runs.last().map(|run| run.at),
            waiting: today.map(|today| today.waiting_drivers),
        })
    }
}

fn metres(from: Location, to: Location) -> u32 {
    whole(road::about_m((from.lat, from.lon), (to.lat, to.lon)))
}

fn whole(metres: f64) -> u32 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "distances on Earth; a cast saturates"
    )]
    let whole = metres.ceil() as u32;
    whole
}
