//! Places on Earth. Directions are those of a plane, which is right as far as a town goes;
//! distances are right anywhere.

use std::f64::consts::PI;

/// Latitude and longitude in degrees.
pub type Location = (f64, f64);

/// The mean radius of the Earth.
const EARTH_M: f64 = 6_371_000.0;
const METRES_PER_DEGREE: f64 = EARTH_M * PI / 180.0;

/// From one location to another in metres, eastward and northward.
#[must_use]
pub fn offset_m(from: Location, to: Location) -> (f64, f64) {
    // A degree of longitude shrinks towards the poles.
    let east = (to.1 - from.1) * from.0.to_radians().cos();
    (
        east * METRES_PER_DEGREE,
        (to.0 - from.0) * METRES_PER_DEGREE,
    )
}

/// Great-circle distance in metres, by the haversine formula (R. W. Sinnott, "Virtues of the
/// Haversine", Sky and Telescope 68, 1984).
#[must_use]
pub fn distance_m(a: Location, b: Location) -> f64 {
    let (lat_a, lat_b) = (a.0.to_radians(), b.0.to_radians());
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (b.1 - a.1).to_radians() / 2.0;
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    // Rounding may bring antipodes a little above 1, of which there is no arc sine.
    2.0 * EARTH_M * h.clamp(0.0, 1.0).sqrt().asin()
}

/// The direction from one location to another, clockwise from north, from 0 to 360 degrees.
#[must_use]
pub fn heading(from: Location, to: Location) -> f64 {
    let (east, north) = offset_m(from, to);
    east.atan2(north).to_degrees().rem_euclid(360.0)
}

#[must_use]
pub fn moved(location: Location, east_m: f64, north_m: f64) -> Location {
    let lat = location.0 + north_m / METRES_PER_DEGREE;
    let lon = location.1 + east_m / (METRES_PER_DEGREE * location.0.to_radians().cos());
    (lat, lon)
}

/// The location after a part of the straight way from `a`, where it is 0, to `b`, where it is 1.
#[must_use]
pub fn between(a: Location, b: Location, part: f64) -> Location {
    (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_can_be_walked() {
        let centre = (40.8518, 14.2681);
        for (east, north, towards) in [
            (0.0, 100.0, 0.0),
            (100.0, 0.0, 90.0),
            (0.0, -100.0, 180.0),
            (-100.0, 0.0, 270.0),
        ] {
            let there = moved(centre, east, north);
            assert!(
                (distance_m(centre, there) - 100.0).abs() < 0.01,
                "{towards}"
            );
            let off = (heading(centre, there) - towards + 180.0).rem_euclid(360.0) - 180.0;
            assert!(off.abs() < 0.01, "{towards}");
        }
    }

    #[test]
    fn distances_on_earth() {
        let (rome, naples) = ((41.9, 12.5), (40.85, 14.27));
        let km = distance_m(rome, naples) / 1_000.0;
        assert!((187.0..190.0).contains(&km), "{km}");
        assert!(distance_m(rome, rome) < 1e-6);
        let half_round = distance_m((0.0, 0.0), (0.0, 180.0));
        assert!((half_round - PI * EARTH_M).abs() < 1.0, "{half_round}");
    }
}
