//! When the customer may expect the pizza.

use crate::bindings::types::Location;

/// Promised at first: from the order to the door.
pub const FIRST_MS: u64 = 45 * 60_000;
/// A customer does not look at the clock again for less.
const CHANGE_MS_MIN: u64 = 60_000;
const EARTH_KM: f64 = 6_371.0;
/// Streets are longer than the straight line.
const DETOUR: f64 = 1.3;

/// Great-circle distance by the haversine formula (R. W. Sinnott, 1984).
#[must_use]
pub fn distance_km(a: &Location, b: &Location) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (b.lon - a.lon).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    // Rounding may bring antipodes a little above 1, of which there is no arc sine.
    2.0 * EARTH_KM * h.clamp(0.0, 1.0).sqrt().asin()
}

/// Time on the road, in milliseconds.
#[must_use]
pub fn travel_ms(from: &Location, to: &Location, speed_kmh: f64) -> u64 {
    let hours = distance_km(from, to) * DETOUR / speed_kmh.max(1.0);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a distance on Earth at a kilometre an hour or more: far below 2^53 ms"
    )]
    let ms = (hours * 3_600_000.0) as u64;
    ms
}

/// Whether the customer should hear of another time.
#[must_use]
pub fn is_worth_telling(before: Option<u64>, now: Option<u64>) -> bool {
    match (before, now) {
        (Some(before), Some(now)) => before.abs_diff(now) >= CHANGE_MS_MIN,
        (before, now) => before != now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_more_or_less_is_worth_telling() {
        let first = Some(600_000);
        for (now, expected) in [
            (600_000, false),
            (659_999, false),
            (660_000, true),
            (540_000, true),
        ] {
            assert_eq!(is_worth_telling(first, Some(now)), expected, "{now}");
        }
        assert!(is_worth_telling(None, first) && !is_worth_telling(None, None));
    }

    #[test]
    fn distances_on_earth() {
        let rome = Location {
            lat: 41.9,
            lon: 12.5,
        };
        let naples = Location {
            lat: 40.85,
            lon: 14.27,
        };
        let km = distance_km(&rome, &naples);
        assert!((187.0..190.0).contains(&km), "{km}");
        assert!(distance_km(&rome, &rome) < 1e-9);
        // 188.5 km × 1.3 at 30 km/h
        let hours = travel_ms(&rome, &naples, 30.0) / 3_600_000;
        assert_eq!(hours, 8);
    }
}
