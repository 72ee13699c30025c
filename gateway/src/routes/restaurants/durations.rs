//! `GET /api/restaurants/{id}/durations`: how long each stage, each chef and each driver takes.

use axum::response::Response;
use pizza_http::extract::{Path, Query};
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{plain, respond};
use crate::caller::Caller;
use crate::endpoint::Parameter;
use crate::problem::Problem;
use crate::schema::{Object, Schemas, about};

/// How many days are told at most, and how many where the client does not say.
const DAYS_MAX: u32 = 90;
const DAYS: u32 = 7;

pub(super) const SPAN: &[Parameter] = &[Parameter {
    name: "days",
    about: "How many, today included; 90 at most.",
    schema: |_| json!({"type": "integer", "minimum": 0, "maximum": u32::MAX, "default": DAYS}),
}];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Span {
    days: Option<u32>,
}

#[derive(Deserialize)]
struct Durations<'a> {
    #[serde(borrow)]
    stages: Vec<Stage<'a>>,
    #[serde(borrow)]
    chefs: Vec<Worker<'a>>,
    #[serde(borrow)]
    drivers: Vec<Worker<'a>>,
    more: Option<bool>,
}

#[derive(Deserialize)]
struct Stage<'a> {
    #[serde(borrow)]
    stage: &'a RawValue,
    took: Duration,
}

#[derive(Deserialize)]
struct Worker<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    took: Duration,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Duration {
    count: u32,
    average_ms: u64,
    p50_ms: u64,
    p95_ms: u64,
}

/// How long something took, with what it was in front.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Took<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chef_id: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver_id: Option<&'a RawValue>,
    #[serde(flatten)]
    took: Duration,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    restaurant_id: &'a str,
    stages: Vec<Took<'a>>,
    chefs: Vec<Took<'a>>,
    drivers: Vec<Took<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

pub(super) async fn durations(
    caller: Caller,
    Path(id): Path<String>,
    Query(span): Query<Span>,
) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id.as_str())?;
    // Clamped, not refused: to ask for too much is to ask for all.
    let arguments = [span.days.unwrap_or(DAYS).clamp(1, DAYS_MAX)];
    let reply = caller.ask_with(restaurant, "durations", &arguments).await?;
    let durations: Durations<'_> = plain(&reply)?;
    let took = |took| Took {
        stage: None,
        chef_id: None,
        driver_id: None,
        took,
    };
    let stages = durations.stages.iter().map(|stage| Took {
        stage: Some(stage.stage),
        ..took(stage.took)
    });
    let chefs = durations.chefs.iter().map(|chef| Took {
        chef_id: Some(chef.id),
        ..took(chef.took)
    });
    let drivers = durations.drivers.iter().map(|driver| Took {
        driver_id: Some(driver.id),
        ..took(driver.took)
    });
    let answer = Answer {
        restaurant_id: &id,
        stages: stages.collect(),
        chefs: chefs.collect(),
        drivers: drivers.collect(),
        more: durations.more.unwrap_or_default(),
    };
    respond(&reply, &answer)
}

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let stage = schemas.of("order", "status");
    let id = json!({"type": "string"});
    let stages = list(schemas, "Stage", "stage", about("The state.", stage));
    let chefs = list(
        schemas,
        "Chef",
        "chefId",
        about("The chef's id.", id.clone()),
    );
    let drivers = list(
        schemas,
        "Driver",
        "driverId",
        about("The driver's id.", id.clone()),
    );
    let text = "From one state to the next.";
    let object = Object::default().with("restaurantId", about("The restaurant's id.", id), true);
    let object = object.with("stages", about(text, stages), true);
    let text = "From a chef's beginning until the pizza was ready.";
    let object = object.with("chefs", about(text, chefs), true);
    let text = "From the restaurant to the door.";
    let object = object.with("drivers", about(text, drivers), true);
    let text = "True where chefs and drivers are so many that older days are left out of what is told of them.";
    let more = about(text, json!({"type": "boolean"}));
    object.with("more", more, false).done()
}

fn list(schemas: &mut Schemas, of: &str, name: &str, what: Value) -> Value {
    let duration = schemas.answer_of("restaurant", "duration");
    let one = duration.with(name, what, true).done();
    let one = schemas.name(&format!("{of}Duration"), one);
    json!({"type": "array", "items": one})
}
