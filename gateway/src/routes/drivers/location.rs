//! Where a driver is, or has been while the phone had no network.

use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::view::changed;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::problem::Problem;
use crate::schema::{Schemas, about};
use crate::time::Given;

/// How many places are taken at once: what a phone keeps.
const FIXES_MAX: usize = 100;

/// One place, or a list of them.
pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let position = position(schemas);
    let position = schemas.name("DriverPosition", position);
    let kept = json!({
        "type": "array", "items": position, "minItems": 1, "maxItems": FIXES_MAX,
    });
    let kept = about("What a phone has kept, in any order.", kept);
    json!({"anyOf": [position, kept]})
}

/// The schema of a position: the contract's location and motion side by side, and a time.
fn position(schemas: &mut Schemas) -> Value {
    let time = json!({
        "description": "When the driver was there.",
        "anyOf": [
            {"type": "string", "format": "date-time"},
            {"type": "integer", "minimum": 0, "description": "Milliseconds since 1970"},
        ],
    });
    let motion = schemas.body_of("driver", "motion");
    let location = schemas.body_of("types", "location");
    location.and(motion).with("timestamp", time, true).done()
}

/// A position as a phone sends it; speed, heading and accuracy are absent if it does not know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    lat: f64,
    lon: f64,
    /// Required: a time of our own would make the same request another message.
    timestamp: Given,
    accuracy: Option<f64>,
    speed: Option<f64>,
    heading: Option<f64>,
}

#[derive(Serialize)]
struct Located {
    location: Location,
    at: Given,
    #[serde(skip_serializing_if = "Option::is_none")]
    motion: Option<Motion>,
}

#[derive(Serialize)]
struct Motion {
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<f64>,
}

#[derive(Serialize)]
struct Location {
    lat: f64,
    lon: f64,
}

impl From<Position> for Located {
    fn from(position: Position) -> Self {
        let Position {
            lat,
            lon,
            timestamp: at,
            accuracy,
            speed,
            heading,
        } = position;
        // An empty record would be a motion of which nothing is known.
        let moves = accuracy.or(speed).or(heading).is_some();
        let motion = moves.then_some(Motion {
            accuracy,
            speed,
            heading,
        });
        let location = Location { lat, lon };
        Self {
            location,
            at,
            motion,
        }
    }
}

#[derive(Serialize)]
struct Kept {
    fixes: Vec<Located>,
}

/// Where the parts of the arguments came from: pointers into the arguments, and into the body.
const POINTERS: &[(&str, &str)] = &[("/location", ""), ("/at", "/timestamp"), ("/motion", "")];

pub(super) async fn update(
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    if body.is_list() {
        return update_all(&caller, driver, &body).await;
    }
    let located = Located::from(body.parse::<Position>()?);
    let reply = caller.ask_with(driver, "update-location", &located).await;
    let reply = reply.map_err(|problem| problem.relocated(POINTERS))?;
    changed(&reply).map_err(|problem| problem.relocated(POINTERS))
}

async fn update_all(
    caller: &Caller,
    driver: ActorId,
    body: &JsonBody,
) -> Result<Response, Problem> {
    let positions: Vec<Position> = body.parse_list()?;
    let count = positions.len();
    let fixes = positions.into_iter().map(Located::from).collect();
    let reply = caller
        .ask_with(driver, "update-locations", &Kept { fixes })
        .await;
    let reply = reply.map_err(|problem| in_list(problem, count))?;
    changed(&reply).map_err(|problem| in_list(problem, count))
}

#[cold]
fn in_list(problem: Problem, count: usize) -> Problem {
    let of_one = |index: usize| {
        let parts = POINTERS.iter();
        parts.map(move |(from, to)| (format!("/fixes/{index}{from}"), format!("/{index}{to}")))
    };
    let all: Vec<_> = (0..count).flat_map(of_one).collect();
    let mut pointers: Vec<_> = all.iter().map(|(from, to)| (&**from, &**to)).collect();
    // What is wrong with the list itself.
    pointers.push(("/fixes", ""));
    problem.relocated(&pointers)
}
