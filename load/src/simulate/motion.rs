//! How somebody drives through a town, second by second: with a limit to what the engine
//! gives, slower round a corner, and now and then a light that is red.

use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;

use pizza_streets::location::{Location, between, distance_m, heading};

/// What drivers aim at on a free street, in metres a second: 21 to 37 km/h.
const CRUISE: std::ops::Range<f64> = 5.8..10.2;
/// How fast a scooter can speed up, in metres a second squared.
const ACCELERATION: f64 = 1.8;
/// How fast its brakes slow it down, in metres a second squared.
const BRAKES: f64 = 3.0;
/// Speed round a corner and at the end of a way, in metres a second.
const CORNER: f64 = 3.5;
/// A bend of fewer degrees is none.
const BEND: f64 = 30.0;
/// How likely a light is red where two stretches meet.
const RED_LIGHT: f64 = 0.2;
/// How long a red light lasts, in seconds.
const RED_SECONDS: std::ops::Range<u32> = 4..16;

/// Where somebody is on the way, and how a phone would see it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fix {
    pub(crate) location: Location,
    /// Time since the beginning of the way, before it is divided by the simulation's speed.
    pub(crate) after: Duration,
    /// Speed in metres a second.
    pub(crate) speed: f64,
    /// Direction in degrees, clockwise from north.
    pub(crate) heading: f64,
}

/// A location for each second until the end of the way, which is the last.
pub(crate) fn drive(path: &[Location], rng: &mut StdRng) -> Vec<Fix> {
    let (mut fixes, mut seconds, mut speed) = (Vec::new(), 0, 0.0_f64);
    for (number, leg) in path.windows(2).enumerate() {
        let (from, to) = (leg[0], leg[1]);
        let (length, towards) = (distance_m(from, to), heading(from, to));
        let next = path.get(number + 2).map(|next| heading(to, *next));
        let leaving = next.map_or(CORNER, |next| corner(towards, next));
        let cruise = rng.random_range(CRUISE);
        let mut done = 0.0;
        while done < length {
            // As fast as one may be here to be slow enough at the corner.
            let braking = (leaving * leaving + 2.0 * BRAKES * (length - done)).sqrt();
            let wanted = cruise.min(braking) * rng.random_range(0.95..1.05);
            speed = wanted.clamp(speed - BRAKES, speed + ACCELERATION).max(1.0);
            done = (done + speed).min(length);
            seconds += 1;
            fixes.push(fix(
                between(from, to, done / length),
                seconds,
                speed,
                towards,
            ));
        }
        if next.is_some() && rng.random_bool(RED_LIGHT) {
            for _ in 0..rng.random_range(RED_SECONDS) {
                seconds += 1;
                fixes.push(fix(to, seconds, 0.0, towards));
            }
            speed = 0.0;
        }
    }
    fixes
}

fn fix(location: Location, seconds: u64, speed: f64, heading: f64) -> Fix {
    Fix {
        location,
        after: Duration::from_secs(seconds),
        speed,
        heading,
    }
}

fn corner(before: f64, after: f64) -> f64 {
    let turn = (before - after).abs();
    if turn.min(360.0 - turn) < BEND {
        CRUISE.end
    } else {
        CORNER
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pizza_streets::city::City;
    use rand::SeedableRng as _;

    #[test]
    fn nobody_flies_and_nobody_stands_still_for_ever() {
        let city = City::named("demo").expect("it is bundled");
        let (mut metres, mut seconds) = (0.0, 0.0);
        for seed in 0..200 {
            let mut rng = StdRng::seed_from_u64(seed);
            let numbers = [0, 1].map(|_| rng.random_range(0..city.crossings()));
            let [from, to] = numbers.map(|number| city.crossing(number).0);
            let path = city.route(from, to);
            let fixes = drive(&path, &mut rng);
            let Some(last) = fixes.last() else {
                assert!(distance_m(from, to) < 0.5, "{seed}: nobody moved");
                continue;
            };
            assert!(distance_m(last.location, to) < 0.5, "{seed}: not there");
            let mut before = from;
            for (number, fix) in fixes.iter().enumerate() {
                assert_eq!(fix.after.as_secs(), number as u64 + 1, "{seed}");
                let moved = distance_m(before, fix.location);
                assert!(moved < 12.0 && fix.speed < 12.0, "{seed}: {fix:?}");
                assert!(city.off_street_m(fix.location) < 0.5, "{seed}: {fix:?}");
                metres += moved;
                before = fix.location;
            }
            seconds += last.after.as_secs_f64();
        }
        let kmh = metres / seconds * 3.6;
        assert!((23.0..27.0).contains(&kmh), "{kmh:.1} km/h on average");
    }

    #[test]
    fn the_same_seed_drives_the_same() {
        let path = [(40.85, 14.26), (40.851, 14.26), (40.851, 14.262)];
        let [a, b, c] = [1, 1, 2].map(|seed| drive(&path, &mut StdRng::seed_from_u64(seed)));
        assert_eq!(a, b);
        assert_ne!(a, c);
        assert!(drive(&path[..1], &mut StdRng::seed_from_u64(1)).is_empty());
    }
}
