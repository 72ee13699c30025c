//! When the customer may expect the pizza.

use pizza_streets::location::distance_m;
use pizza_streets::{road, worker};
use serde::{Deserialize, Serialize};
use silo_sdk::{config, context, log};

use crate::bindings::clients::RouteClient;
use crate::bindings::types::Location;

/// Promised at first: from the order to the door.
pub const FIRST_MS: u64 = 45 * 60_000;
/// A customer does not look at the clock again for less.
const CHANGE_MS_MIN: u64 = 60_000;

/// The way is not asked for again before so much time has passed…
const ASK_AGAIN_MS: u64 = 30_000;
/// …and the driver has come so far.
const ASK_AGAIN_M: f64 = 200.0;

/// No way is longer than so many times the straight line…
const FACTOR_MAX: f64 = 10.0;
/// …but for what a river may add between places that are near to each other.
const RIVER_M: f64 = 2_000.0;

/// What was found out of a driver's way to the door. Between two questions the driver's position
/// alone says how much of it is left: positions come every second, and each one makes a turn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Way {
    /// When it was asked for, whether or not there was an answer.
    #[serde(rename = "t")]
    asked_at: u64,
    /// From where.
    #[serde(rename = "p")]
    from: Location,
    /// How long it was then.
    #[serde(rename = "m")]
    metres: f64,
}

impl Way {
    /// What is known still, or asked for anew.
    pub(crate) fn renewed(known: Option<Self>, location: Location, door: Location) -> Self {
        let now = context::now_ms();
        let known = known.filter(|way| !way.is_old(now, location));
        known.unwrap_or_else(|| Self {
            asked_at: now,
            from: location,
            metres: metres(location, door),
        })
    }

    /// Time on the road from the driver to the door, in milliseconds: along the streets, as far
    /// as somebody knows them.
    pub(crate) fn travel_ms(&self, location: Location, door: Location) -> u64 {
        let speed_kmh = config::parse_or("speed-kmh", road::SPEED_KMH);
        road::travel_ms(self.left_m(location, door), speed_kmh)
    }

    fn is_old(&self, now_ms: u64, location: Location) -> bool {
        // A date that was set back makes it old, too.
        let passed = now_ms.checked_sub(self.asked_at);
        passed.is_none_or(|ms| ms >= ASK_AGAIN_MS) && straight_m(self.from, location) >= ASK_AGAIN_M
    }

    /// How much of it is left: by how far the driver has come, which alone would leave something
    /// at the door where the way is not straight, or by what is left of the straight line, which
    /// alone would grow on the way to a bridge.
    fn left_m(&self, location: Location, door: Location) -> f64 {
        let straight = straight_m(location, door);
        let come = straight_m(self.from, location);
        // Within a metre there is no way any more.
        let factor = self.metres / straight_m(self.from, door).max(1.0);
        (self.metres - come).min(straight * factor).max(straight)
    }
}

/// How long the way is; about so long, where nobody says.
fn metres(location: Location, door: Location) -> f64 {
    let straight = straight_m(location, door);
    let worker = worker::key_for(&context::key());
    match RouteClient::of(&worker).distance(location, door, None) {
        Ok(stretch) => {
            let longest = FACTOR_MAX * straight + RIVER_M;
            f64::from(stretch.metres).clamp(straight, longest)
        }
        // The pizza arrives all the same.
        Err(error) => {
            log::info!("nobody knows the way: {error}");
            straight * road::DETOUR
        }
    }
}

fn straight_m(from: Location, to: Location) -> f64 {
    distance_m((from.lat, from.lon), (to.lat, to.lon))
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
}
