//! `/api/restaurants/{id}`

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::answer::{granted, plain, told};
use crate::caller::Caller;
use crate::parameters::Path;
use crate::problem::Problem;
use crate::server::App;
use crate::time::At;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/restaurants/{id}", get(read))
        .route("/api/restaurants/{id}/menu", get(menu))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Restaurant<'a> {
    #[serde(borrow)]
    restaurant_id: &'a RawValue,
    #[serde(borrow)]
    profile: &'a RawValue,
    opened_at: At,
}

async fn read(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let reply = caller.ask(ActorId::new("restaurant", id)?, "get").await?;
    told(&reply, &granted::<Restaurant<'_>>(&reply)?)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Menu<'a> {
    restaurant_id: &'a str,
    menu: &'a RawValue,
}

/// What can be made of what, the inventory knows.
async fn menu(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let inventory = ActorId::new("inventory", id.as_str())?;
    let reply = caller.ask(inventory, "menu").await?;
    let restaurant_id = &id;
    let menu = plain(&reply)?;
    let answer = Menu {
        restaurant_id,
        menu,
    };
    told(&reply, &answer)
}
