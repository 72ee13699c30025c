//! What the restaurant knows of its drivers.

use silo_sdk::context;
use silo_sdk::entries::Table;

use crate::alerts;
use crate::bindings::types::{
    Availability, DriverState, DriverView, FreeDriver, Location, RestaurantState,
};
use crate::state::Restaurant;

/// The most drivers of a restaurant: all of them are read to find the nearest, at once, for a
/// thousand of them have less than a mebibyte.
const DRIVERS_MAX: u32 = 1_000;
/// A position older than this, in milliseconds, says nothing about where the driver is.
const FRESH_MS: u64 = 600_000;
/// The mean radius of the Earth in kilometres.
const EARTH_KM: f64 = 6_371.0;

/// What was last heard of each driver, by their ids.
const DRIVERS: Table<DriverView> = Table::new("v");
/// The ids of those who are free, so that whoever counts them reads none of the others. Each driver's
/// next word puts right what an older module has left out.
const FREE: Table<()> = Table::new("free");

pub(crate) fn all() -> Vec<DriverView> {
    let rows = DRIVERS.rows(None, DRIVERS_MAX).into_iter();
    rows.map(|(_, driver)| driver).collect()
}

/// How many wait for an order.
pub(crate) fn waiting() -> u32 {
    u32::try_from(FREE.keys(None, DRIVERS_MAX).len()).unwrap_or(DRIVERS_MAX)
}

pub(crate) fn forget(driver_id: &str) {
    DRIVERS.remove(driver_id);
    FREE.remove(driver_id);
}

fn keep(driver: &DriverView) {
    DRIVERS.insert(&driver.driver_id, driver);
    let is_free = driver.status == Availability::Available;
    // Most say where they are, and are free or busy as before: that is no reason to write.
    match (is_free, FREE.get(&driver.driver_id).is_some()) {
        (true, false) => FREE.insert(&driver.driver_id, &()),
        (false, true) => FREE.remove(&driver.driver_id),
        _ => {}
    }
}

/// Notes what the driver was offered, or that it is settled.
pub(crate) fn set_offered(driver_id: &str, order_id: Option<&str>) {
    if let Some(mut driver) = DRIVERS.get(driver_id) {
        driver.offered = order_id.map(str::to_owned);
        DRIVERS.insert(driver_id, &driver);
    }
}

/// The nearest free driver who was not asked for this order yet. One whose position is not
/// known comes after all others.
pub(crate) fn nearest(to: &Location, now: u64, asked: &[String]) -> Option<String> {
    let is_free = |driver: &DriverView| {
        driver.status == Availability::Available
            && driver.offered.is_none()
            && !asked.contains(&driver.driver_id)
    };
    let distance = |driver: &DriverView| distance_to(driver, to, now).unwrap_or(f64::INFINITY);
    let free = all().into_iter().filter(is_free);
    let nearest = free.min_by(|a, b| distance(a).total_cmp(&distance(b)));
    nearest.map(|driver| driver.driver_id)
}

/// Those to whom an order can be given by hand, also while they consider an offer; the nearest first.
pub(crate) fn free(to: &Location, now: u64) -> Vec<FreeDriver> {
    let is_free = |driver: &DriverView| driver.status == Availability::Available;
    let free = all().into_iter().filter(is_free).map(|driver| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "no two places are 20,100 km from each other"
        )]
        let metres = |km: f64| (km * 1_000.0).round() as u32;
        FreeDriver {
            distance_m: distance_to(&driver, to, now).map(metres),
            driver_id: driver.driver_id,
            located_at: driver.located_at,
            offered: driver.offered,
        }
    });
    let mut free: Vec<_> = free.collect();
    free.sort_by_key(|driver| driver.distance_m.unwrap_or(u32::MAX));
    free
}

/// In kilometres; absent where nobody has said lately where the driver is.
fn distance_to(driver: &DriverView, to: &Location, now: u64) -> Option<f64> {
    let fresh = driver.located_at.is_some_and(|at| at + FRESH_MS >= now);
    let location = driver.location.as_ref().filter(|_| fresh)?;
    Some(distance_km(location, to))
}

/// Great-circle distance by the haversine formula (R. W. Sinnott, 1984).
fn distance_km(a: &Location, b: &Location) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (b.lon - a.lon).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    // Rounding may leave it outside, where there is no arc sine.
    2.0 * EARTH_KM * h.clamp(0.0, 1.0).sqrt().asin()
}

impl Restaurant {
    /// Those who could take an order now, by their distance from here.
    pub(crate) fn free(&self) -> Vec<FreeDriver> {
        let here = self.state.as_ref().map(|state| state.profile.location);
        here.map_or_else(Vec::new, |here| free(&here, context::now_ms()))
    }

    /// Notes what a driver tells. One who is free may be the one that an order waits for.
    pub(crate) fn know(&mut self, driver: DriverState) {
        let ours = |state: &RestaurantState| state.profile.drivers.contains(&driver.driver_id);
        // A driver who left a moment ago may not have heard of it yet.
        if !self.state.as_ref().is_some_and(ours) {
            return;
        }
        let before = DRIVERS.get(&driver.driver_id);
        let was_lost = before.as_ref().is_some_and(|before| before.lost_signal);
        // An offer that is open stays so while the driver is free; one who is busy has taken
        // it, or lost it.
        let offered = before
            .and_then(|before| before.offered)
            .filter(|_| driver.status == Availability::Available);
        let view = DriverView {
            status: driver.status,
            location: driver.location,
            located_at: driver.located_at,
            order_id: driver.order_id,
            lost_signal: driver.lost_signal,
            offered,
            heading: driver.motion.and_then(|motion| motion.heading),
            driver_id: driver.driver_id,
        };
        if view.lost_signal && !was_lost {
            let message = format!("{} has lost the signal", view.driver_id);
            silo_sdk::log::warn!("{message}");
            let source = format!("driver/{}", view.driver_id);
            alerts::to_manager("lost-signal", &message, &source);
        }
        keep(&view);
        if view.status == Availability::Available && view.offered.is_none() {
            self.ask_again();
        }
    }
}
