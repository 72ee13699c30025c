//! One file for each group of endpoints.

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::access;
use crate::app::App;
use crate::endpoint::Endpoint;
use crate::parameters;

mod actors;
mod admin;
mod docs;
mod drivers;
mod health;
mod inventory;
mod kitchen;
mod lists;
mod metrics;
mod mqtt;
mod orders;
mod overview;
mod pages;
mod restaurants;
mod session;
mod simulation;

/// All endpoints of the API.
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
        mqtt::endpoints(),
        session::endpoints(),
        overview::endpoints(),
        admin::endpoints(),
        simulation::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Every route stands behind the check of its own rules.
pub(crate) fn router(app: &App) -> Router<App> {
    let pages = pages::endpoints(app.pages());
    endpoints()
        .into_iter()
        .chain(pages)
        .fold(Router::new(), |router, endpoint| {
            let state = (app.clone(), endpoint.rules);
            let check = from_fn_with_state(state, access::check);
            let mut handler = endpoint.handler;
            if endpoint.doc.of_silos {
                let known = endpoint.doc.query;
                handler = handler.route_layer(from_fn_with_state(known, parameters::check));
            }
            // `route_layer`: a method that the path does not take is answered with 405, not with a
            // question for a token. The last one is the first that is asked.
            router.route(endpoint.rules.path, handler.route_layer(check))
        })
}
