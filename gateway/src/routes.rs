//! One file for each group of endpoints.

use axum::Router;

use crate::server::App;

mod actors;
mod drivers;
mod health;
mod inventory;
mod kitchen;
mod orders;
mod restaurants;

pub(crate) fn all() -> Router<App> {
    Router::new()
        .merge(orders::routes())
        .merge(kitchen::routes())
        .merge(inventory::routes())
        .merge(drivers::routes())
        .merge(restaurants::routes())
        .merge(actors::routes())
        .merge(health::routes())
}
