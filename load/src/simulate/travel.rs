//! How a driver gets from one location to another, and how often the phone tells of it.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;

use super::motion::{Fix, drive};
use pizza_streets::city::City;
use pizza_streets::location::{Location, between, distance_m, heading, moved};

/// How many positions are reported on a straight ride.
const POSITIONS: u32 = 5;
/// A phone reports its location no more often than this.
const TELL_LEAST: Duration = Duration::from_millis(250);
/// How far off a phone may believe itself, in metres.
const ACCURACY_M: std::ops::Range<f64> = 3.0..12.0;
/// A position is off by at most this part of its accuracy.
const ERROR: f64 = 0.3;
/// How long a driver is at the door until the pizza is handed over, in seconds of life.
const AT_THE_DOOR_S: std::ops::Range<f64> = 20.0..50.0;

#[derive(Clone)]
pub(crate) enum Travel {
    /// As the crow flies, in this time.
    Straight(Duration),
    /// Along the streets, so many times faster than life.
    Streets { city: Arc<City>, faster: f64 },
}

impl Travel {
    /// Where the phone reports its location; the last one is the destination. Times are those
    /// of the clock on the wall.
    pub(super) fn fixes(&self, from: Location, to: Location, rng: &mut StdRng) -> Vec<Fix> {
        match self {
            Self::Straight(ride) => straight(from, to, *ride),
            Self::Streets { city, faster } => {
                let seconds = drive(&city.route(from, to), rng);
                let mut told: Vec<Fix> = Vec::new();
                let (last, mut due) = (seconds.len(), Duration::ZERO);
                // A fast simulation skips positions in between, but never the last, which is the
                // door.
                for (number, mut fix) in seconds.into_iter().enumerate() {
                    fix.after = fix.after.div_f64(*faster);
                    if fix.after >= due || number + 1 == last {
                        due = fix.after + TELL_LEAST;
                        told.push(fix);
                    }
                }
                told
            }
        }
    }

    /// Where somebody lives of whom no more is known than that they wait.
    pub(super) fn somewhere(&self, near: Location, rng: &mut StdRng) -> Location {
        match self {
            Self::Straight(_) => near,
            Self::Streets { city, .. } => city.crossing(rng.random_range(0..city.crossings())).0,
        }
    }

    /// How long it takes from the arrival at a door until the pizza has changed hands.
    pub(super) fn at_the_door(&self, rng: &mut StdRng) -> Duration {
        match self {
            Self::Straight(ride) => *ride / POSITIONS,
            Self::Streets { faster, .. } => {
                Duration::from_secs_f64(rng.random_range(AT_THE_DOOR_S) / faster)
            }
        }
    }

    /// Where the phone believes to be, and within how many metres.
    pub(super) fn measured(&self, location: Location, rng: &mut StdRng) -> (Location, f64) {
        let accuracy = rng.random_range(ACCURACY_M);
        match self {
            Self::Straight(_) => (location, accuracy),
            Self::Streets { .. } => {
                let angle: f64 = rng.random_range(0.0..std::f64::consts::TAU);
                let off = accuracy * rng.random_range(0.0..ERROR);
                (
                    moved(location, off * angle.cos(), off * angle.sin()),
                    accuracy,
                )
            }
        }
    }
}

fn straight(from: Location, to: Location, ride: Duration) -> Vec<Fix> {
    let metres = distance_m(from, to);
    let step = |number: u32| Fix {
        location: between(from, to, f64::from(number) / f64::from(POSITIONS)),
        after: ride * number / POSITIONS,
        // A ride of no time has no speed; the division must still be finite.
        speed: metres / ride.as_secs_f64().max(0.001),
        heading: heading(from, to),
    };
    (1..=POSITIONS).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn a_phone_reports_every_second_and_four_times_a_second_at_most() {
        let city = Arc::new(City::named("demo").expect("it is bundled"));
        let (from, to) = (city.crossing(0).0, city.crossing(160).0);
        for faster in [1.0, 4.0, 60.0, 1_000.0] {
            let city = Arc::clone(&city);
            let travel = Travel::Streets { city, faster };
            let mut rng = StdRng::seed_from_u64(1);
            let fixes = travel.fixes(from, to, &mut rng);
            let least = Duration::from_secs_f64((1.0 / faster).max(0.25));
            // The end is told when it comes.
            for pair in fixes[..fixes.len() - 1].windows(2) {
                let apart = pair[1].after - pair[0].after;
                let longest = least + Duration::from_secs_f64(1.0 / faster);
                assert!(
                    least <= apart + Duration::from_millis(1),
                    "{faster}: {apart:?}"
                );
                assert!(apart <= longest, "{faster}: {apart:?}");
            }
            let last = fixes.last().expect("it is a way off");
            assert!(distance_m(last.location, to) < 0.5);
            let (seen, accuracy) = travel.measured(last.location, &mut rng);
            assert!(distance_m(seen, last.location) <= accuracy * ERROR + 0.01);
        }
    }
}
