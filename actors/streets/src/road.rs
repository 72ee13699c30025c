//! How far it is by road where nobody knows the streets, and how long it takes.

use crate::location::{Location, distance_m};

/// Streets are longer than the straight line; in towns by about so much.
pub const DETOUR: f64 = 1.3;

/// Kilometres an hour of a scooter in a town.
pub const SPEED_KMH: f64 = 30.0;

/// The straight line times [`DETOUR`], in metres.
#[must_use]
pub fn about_m(from: Location, to: Location) -> f64 {
    distance_m(from, to) * DETOUR
}

/// How long so many metres take at so many kilometres an hour, of which there is at least one;
/// in milliseconds.
#[must_use]
pub fn travel_ms(metres: f64, speed_kmh: f64) -> u64 {
    let hours = metres / 1_000.0 / speed_kmh.max(1.0);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a distance on Earth at a kilometre an hour or more: far below 2^53 ms"
    )]
    let ms = (hours * 3_600_000.0) as u64;
    ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_rome_to_naples_by_scooter() {
        let metres = about_m((41.9, 12.5), (40.85, 14.27));
        // 188.5 km × 1.3 at 30 km/h
        assert_eq!(travel_ms(metres, SPEED_KMH) / 3_600_000, 8);
        assert_eq!(travel_ms(1_000.0, 0.0), 3_600_000, "as at one");
    }
}
