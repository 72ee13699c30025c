//! Locations on Earth, as far as a town goes: within one, the Earth is flat.

/// Latitude and longitude in degrees.
pub(crate) type Location = (f64, f64);

/// Metres in a degree of latitude, on a sphere with the mean radius of the Earth, 6,371 km.
const METRES_PER_DEGREE: f64 = 111_195.0;

/// From one location to another in metres, eastward and northward.
pub(crate) fn offset_m(from: Location, to: Location) -> (f64, f64) {
    // A degree of longitude shrinks towards the poles.
    let east = (to.1 - from.1) * from.0.to_radians().cos();
    (
        east * METRES_PER_DEGREE,
        (to.0 - from.0) * METRES_PER_DEGREE,
    )
}

pub(crate) fn distance_m(a: Location, b: Location) -> f64 {
    let (east, north) = offset_m(a, b);
    east.hypot(north)
}

/// The direction from one location to another, clockwise from north, from 0 to 360 degrees.
pub(crate) fn heading(from: Location, to: Location) -> f64 {
    let (east, north) = offset_m(from, to);
    east.atan2(north).to_degrees().rem_euclid(360.0)
}

pub(crate) fn moved(location: Location, east_m: f64, north_m: f64) -> Location {
    let lat = location.0 + north_m / METRES_PER_DEGREE;
    let lon = location.1 + east_m / (METRES_PER_DEGREE * location.0.to_radians().cos());
    (lat, lon)
}

/// The location after a part of the straight way from `a`, where it is 0, to `b`, where it is 1.
pub(crate) fn between(a: Location, b: Location, part: f64) -> Location {
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
}
