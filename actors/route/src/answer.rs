//! Lengths as they are told: whole metres and seconds, rounded up, so that nobody is promised less
//! than the straight line.

use pizza_streets::city::City;
use pizza_streets::road;

use crate::bindings::types::{Basis, Itinerary, Leg, Location, Stretch, Tour};
use crate::matrix::Matrix;
use crate::tour::order;

pub(crate) fn stretch(matrix: &Matrix, speed_kmh: f64) -> Stretch {
    let Leg { metres, seconds } = leg(matrix.length_m(&[1]), speed_kmh);
    Stretch {
        basis: matrix.basis,
        metres,
        seconds,
    }
}

pub(crate) fn itinerary(city: &City, matrix: &Matrix, speed_kmh: f64) -> Itinerary {
    let through: Vec<usize> = (1..=matrix.stops()).collect();
    let Leg { metres, seconds } = leg(matrix.length_m(&through), speed_kmh);
    Itinerary {
        basis: matrix.basis,
        metres,
        seconds,
        legs: legs(matrix, &through, speed_kmh),
        path: path(city, matrix),
    }
}

pub(crate) fn tour(matrix: &Matrix, speed_kmh: f64) -> Tour {
    let (through, exact) = order(matrix);
    let Leg { metres, seconds } = leg(matrix.length_m(&through), speed_kmh);
    Tour {
        basis: matrix.basis,
        metres,
        seconds,
        legs: legs(matrix, &through, speed_kmh),
        // Whoever asks counts their stops from 0; here 0 is where it begins.
        order: through.iter().map(|stop| number(*stop)).collect(),
        exact,
    }
}

fn number(stop: usize) -> u32 {
    u32::try_from(stop - 1).expect("a question has 25 stops at most, and none is number 0")
}

/// When one is at each stop, in milliseconds since the Unix epoch.
pub(crate) fn arrivals(leaves_at: u64, matrix: &Matrix, speed_kmh: f64) -> Vec<u64> {
    let mut metres = 0.0;
    let stops = 1..=matrix.stops();
    let at = stops.map(|stop| {
        metres += matrix.metres(stop - 1, stop);
        leaves_at.saturating_add(road::travel_ms(metres, speed_kmh))
    });
    at.collect()
}

fn legs(matrix: &Matrix, through: &[usize], speed_kmh: f64) -> Vec<Leg> {
    let from = std::iter::once(&0).chain(through);
    let lengths = from.zip(through).map(|(a, b)| matrix.metres(*a, *b));
    lengths.map(|metres| leg(metres, speed_kmh)).collect()
}

fn leg(metres: f64, speed_kmh: f64) -> Leg {
    let seconds = metres * 3.6 / speed_kmh;
    Leg {
        metres: whole(metres),
        seconds: whole(seconds),
    }
}

fn path(city: &City, matrix: &Matrix) -> Vec<Location> {
    let mut path: Vec<(f64, f64)> = matrix.places.first().copied().into_iter().collect();
    for leg in matrix.places.windows(2) {
        if matrix.basis == Basis::Streets && leg[0] != leg[1] {
            path.extend(city.route(leg[0], leg[1]));
        }
        path.push(leg[1]);
    }
    path.dedup();
    let told = path.into_iter().map(|(lat, lon)| Location { lat, lon });
    told.collect()
}

/// Rounded up to the next whole number.
fn whole(value: f64) -> u32 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "25 times around the Earth at a kilometre an hour are 2.4e9 seconds; a cast saturates"
    )]
    let whole = value.ceil() as u32;
    whole
}
