//! One file for each group of endpoints.

use axum::Router;
use axum::middleware::from_fn_with_state;
use serde_json::{Value, json};

use crate::access;
use crate::endpoint::{Endpoint, Parameter};
use crate::openapi::{Object, about};
use crate::server::App;

mod actors;
mod docs;
mod drivers;
mod health;
mod inventory;
mod kitchen;
mod metrics;
mod orders;
mod restaurants;

/// All there are.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        orders::endpoints(),
        restaurants::endpoints(),
        kitchen::endpoints(),
        inventory::endpoints(),
        drivers::endpoints(),
        actors::endpoints(),
        health::endpoints(),
        metrics::endpoints(),
        docs::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Nothing is reached but by its guard.
pub(crate) fn router(app: &App) -> Router<App> {
    endpoints()
        .into_iter()
        .fold(Router::new(), |router, endpoint| {
            let state = (app.clone(), endpoint.rules);
            let guard = from_fn_with_state(state, access::guard);
            router.route(endpoint.rules.path, endpoint.handler.route_layer(guard))
        })
}

const AFTER: Parameter = Parameter {
    name: "after",
    about: "The `next` of the page before.",
    schema: |_| json!({"type": "string"}),
};

const LIMIT: Parameter = Parameter {
    name: "limit",
    about: "How many at most; too many become as many as there may be.",
    schema: |_| json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
};

/// What a restaurant has of something.
fn of_restaurant(name: &str, schema: Value) -> Value {
    restaurants_own(name, schema).done()
}

fn paged(name: &str, schema: Value, next: Value) -> Value {
    restaurants_own(name, schema)
        .with("next", next, false)
        .done()
}

fn restaurants_own(name: &str, schema: Value) -> Object {
    let id = about("The restaurant's id.", json!({"type": "string"}));
    let own = about(&format!("The restaurant's {name}."), schema);
    let object = Object::default().with("restaurantId", id, true);
    object.with(name, own, true)
}
