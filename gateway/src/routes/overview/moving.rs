//! Who is under way, for the small map of a demo: about where, since whoever stands at a door shows
//! where a customer lives.

use futures_util::{StreamExt as _, stream};
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::{granted, plain};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::schema::{KEY, Object, Schemas, about};

/// The parts of a degree to which places are rounded: about 50 metres.
const PARTS: f64 = 2_000.0;
/// Who was not heard of for longer, in milliseconds, may be anywhere.
const FRESH_MS: u64 = 120_000;
/// How many drivers with an order are asked where they are, and how many of them at once.
const ASKED_MAX: usize = 50;
const ASKED_AT_ONCE: usize = 8;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Moving {
    id: String,
    lat: f64,
    lon: f64,
    has_order: bool,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    driver_id: String,
    status: String,
    location: Option<Location>,
    located_at: Option<u64>,
    lost_signal: bool,
}

#[derive(Clone, Copy, Deserialize)]
struct Location {
    lat: f64,
    lon: f64,
}

/// The drivers of a restaurant who are on duty; `None` where it is not a demo's.
///
/// # Errors
/// When the restaurant does not answer.
pub(super) async fn of(
    caller: &Caller,
    restaurant: &ActorId,
) -> Result<Option<Vec<Moving>>, Problem> {
    if !caller.app.provided().lends_roles {
        return Ok(None);
    }
    let another = caller.for_another();
    let reply = another.ask(restaurant.clone(), "drivers").await?;
    let drivers: Vec<Driver> = plain(&reply)?;
    let now_ms = caller.app.client().transport().now_ms();
    let (mut busy, others): (Vec<_>, Vec<_>) = drivers
        .into_iter()
        .partition(|driver| driver.status == "busy");
    let too_many = busy.split_off(busy.len().min(ASKED_MAX));
    let asked: Vec<_> = busy.iter().map(|driver| driver.now(caller)).collect();
    let asked = stream::iter(asked).buffered(ASKED_AT_ONCE);
    let busy: Vec<_> = asked.collect().await;
    let all = busy.into_iter().chain(too_many).chain(others);
    let moving = all.filter_map(|driver| driver.moving(now_ms));
    Ok(Some(moving.collect()))
}

impl Driver {
    /// As the driver says, whose restaurant hears of the way to a customer only when it ends; as the
    /// restaurant knows, where the driver does not answer.
    async fn now(&self, caller: &Caller) -> Self {
        let asked = async {
            let driver = ActorId::new("driver", &*self.driver_id)?;
            let reply = caller.for_another().ask(driver, "get").await?;
            granted(&reply)
        };
        asked.await.unwrap_or_else(|_| self.clone())
    }

    fn moving(self, now_ms: u64) -> Option<Moving> {
        let is_seen =
            self.status != "offline" && !self.lost_signal && self.located_at? + FRESH_MS >= now_ms;
        let Location { lat, lon } = self.location.filter(|_| is_seen)?;
        Some(Moving {
            id: self.driver_id,
            lat: rounded(lat),
            lon: rounded(lon),
            has_order: self.status == "busy",
        })
    }
}

fn rounded(degrees: f64) -> f64 {
    (degrees * PARTS).round() / PARTS
}

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let degrees = |what: &str| about(what, json!({"type": "number"}));
    let has_order = about("Whether they carry one.", json!({"type": "boolean"}));
    let id = about(
        "The driver's id.",
        json!({"type": "string", "pattern": KEY}),
    );
    let moving = Object::default()
        .with("id", id, true)
        .with("lat", degrees("About where, to 50 m."), true)
        .with("lon", degrees("About where, to 50 m."), true)
        .with("hasOrder", has_order, true)
        .done();
    let moving = schemas.name("MovingDriver", moving);
    let list = json!({"type": "array", "items": moving});
    about("Who is on duty; told in a demo alone.", list)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_000_000;

    fn driver(status: &str, located_at: u64, lost_signal: bool) -> Driver {
        Driver {
            driver_id: "d".to_owned(),
            status: status.to_owned(),
            location: Some(Location {
                lat: 40.851_834,
                lon: 14.268_149,
            }),
            located_at: Some(located_at),
            lost_signal,
        }
    }

    #[test]
    fn only_who_was_just_seen_is_shown_and_not_to_the_door() {
        let shown = driver("busy", NOW_MS, false).moving(NOW_MS).expect("seen");
        assert_eq!((shown.lat, shown.lon), (40.852, 14.268));
        for unseen in [
            driver("offline", NOW_MS, false),
            driver("busy", NOW_MS, true),
            driver("busy", NOW_MS - FRESH_MS - 1, false),
        ] {
            assert!(unseen.moving(NOW_MS).is_none());
        }
    }
}
