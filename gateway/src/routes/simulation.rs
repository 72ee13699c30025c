//! `/api/simulation`: people who order and drive by themselves, where the process offers them.

use std::ops::RangeInclusive;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use pizza_http::Peer;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::json as answer;
use crate::app::App;
use crate::authentication;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::endpoint::{Endpoint, get, put};
use crate::identity::{Authority, Identity, Role};
use crate::ownership::Ownership;
use crate::problem::{self, Problem};
use crate::schema::{Object, Schemas, about};
use crate::session;
use crate::simulation::{Simulated, Simulation, SimulationRequest};
use crate::time::At;

/// What may be asked for.
const RATE: RangeInclusive<f64> = 0.01..=60_000.0;
/// A restaurant has a thousand at most, and those of its own are among them.
const DRIVERS: RangeInclusive<u16> = 0..=900;
const SPEED: RangeInclusive<f64> = 0.1..=1_000.0;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/simulation", read)
            .summary("Who is simulated, in a demo: for admins, and on its own machine")
            .by(&Role::ALL, Ownership::Anything)
            .declines(&[problem::NOT_FOUND])
            .gives(told),
        put("/api/simulation", switch)
            .summary("Switch the simulation on or off; off is answered when nobody is on the road")
            .by(&Role::ALL, Ownership::Anything)
            .takes(requested)
            .for_example(examples)
            .declines(&[problem::NOT_FOUND, problem::UNAVAILABLE])
            .gives(told),
    ]
}

/// Whether this client may switch a simulation: there is one, and they may do everything, or could
/// at any time since they are on the demo's own machine.
pub(super) fn is_offered(app: &App, identity: &Identity, client: session::Client) -> bool {
    let may_all = matches!(identity.authority(), Authority::Everything);
    app.provided().simulation.is_some() && (may_all || client.may_have_lent)
}

#[derive(Serialize)]
struct Told {
    on: bool,
    rate: f64,
    drivers: u16,
    speed: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<At>,
}

impl From<Simulated> for Told {
    fn from(simulated: Simulated) -> Self {
        Self {
            on: simulated.on,
            rate: simulated.rate,
            drivers: simulated.workers,
            speed: simulated.speed,
            since: simulated.since_ms.map(At::of),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requested {
    on: bool,
    rate: Option<f64>,
    drivers: Option<u16>,
    speed: Option<f64>,
}

impl Requested {
    fn check(&self, body: &JsonBody) -> Result<(), Problem> {
        let check = |is_fit: bool, pointer: &str, least: f64, most: f64| {
            let message = format!("it must be from {least} to {most}");
            is_fit
                .then_some(())
                .ok_or_else(|| body.invalid_at(&[pointer], &message))
        };
        let is_in = |value: Option<f64>, range: &RangeInclusive<f64>| {
            value.is_none_or(|value| range.contains(&value))
        };
        check(is_in(self.rate, &RATE), "/rate", *RATE.start(), *RATE.end())?;
        check(
            is_in(self.speed, &SPEED),
            "/speed",
            *SPEED.start(),
            *SPEED.end(),
        )?;
        let drivers = self.drivers.is_none_or(|count| DRIVERS.contains(&count));
        let (least, most) = (f64::from(*DRIVERS.start()), f64::from(*DRIVERS.end()));
        check(drivers, "/drivers", least, most)
    }
}

async fn read(
    State(app): State<App>,
    identity: Identity,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let simulation = offered(&app, &identity, peer, &headers)?;
    answer(StatusCode::OK, &Told::from(simulation.now()))
}

// By the caller as every command, so that an `Idempotency-Key` is looked at; that the simulation is as it
// was asked to be does not change when it is asked again.
async fn switch(
    caller: Caller,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let simulation = offered(&caller.app, &caller.identity, peer, &headers)?;
    let requested: Requested = body.parse()?;
    requested.check(&body)?;
    let request = SimulationRequest {
        on: requested.on,
        rate: requested.rate,
        workers: requested.drivers,
        speed: requested.speed,
    };
    let switched = simulation.switch(request).await;
    let simulated = switched.map_err(|why| Problem::new(problem::UNAVAILABLE, why))?;
    answer(StatusCode::OK, &Told::from(simulated))
}

fn offered<'a>(
    app: &'a App,
    identity: &Identity,
    peer: Option<Extension<Peer>>,
    headers: &HeaderMap,
) -> Result<&'a dyn Simulation, Problem> {
    let Some(simulation) = app.provided().simulation.as_deref() else {
        let detail = "nobody is simulated here: only the demo in one process does that";
        return Err(Problem::new(problem::NOT_FOUND, detail));
    };
    let peer = peer.map(|Extension(peer)| peer);
    let client = authentication::client(app, peer.as_ref(), headers);
    if is_offered(app, identity, client) {
        return Ok(simulation);
    }
    let detail = "the simulation is for admins, and for whoever is on the demo's own machine";
    Err(Problem::new(problem::FORBIDDEN, detail))
}

fn rate() -> Value {
    let rate = json!({"type": "number", "minimum": RATE.start(), "maximum": RATE.end()});
    about("Orders a minute on average.", rate)
}

fn drivers() -> Value {
    let drivers = json!({"type": "integer", "minimum": DRIVERS.start(), "maximum": DRIVERS.end()});
    about("How many drivers are at work.", drivers)
}

fn speed() -> Value {
    let speed = json!({"type": "number", "minimum": SPEED.start(), "maximum": SPEED.end()});
    about("How many times faster than life they ride.", speed)
}

fn told(_: &mut Schemas) -> Value {
    let since = json!({"type": "string", "format": "date-time"});
    let since = about("Since when; absent while it is off.", since);
    let on = about(
        "Whether people order and drive.",
        json!({"type": "boolean"}),
    );
    Object::default()
        .with("on", on, true)
        .with("rate", rate(), true)
        .with("drivers", drivers(), true)
        .with("speed", speed(), true)
        .with("since", since, false)
        .done()
}

fn requested(_: &mut Schemas) -> Value {
    let on = about("Whether people are to order.", json!({"type": "boolean"}));
    Object::default()
        .with("on", on, true)
        .with("rate", rate(), true)
        .with("drivers", drivers(), true)
        .with("speed", speed(), true)
        .optional("rate")
        .optional("drivers")
        .optional("speed")
        .done()
}

fn examples() -> Value {
    json!({
        "calm": {"value": {"on": true, "rate": 6, "drivers": 3}},
        "busy": {"value": {"on": true, "rate": 30, "drivers": 12}},
        "stop": {"value": {"on": false}},
    })
}
