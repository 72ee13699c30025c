//! What there is to eat, what of it could be made now, and whether anybody takes orders.

use axum::extract::State;
use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::{ActorId, Reply};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{granted, plain, respond};
use crate::app::App;
use crate::caller::Caller;
use crate::endpoint::{Endpoint, get};
use crate::identity::Role::{Customer, Driver, Kitchen, Manager};
use crate::ownership::{self, Ownership};
use crate::problem::{self, Problem};
use crate::schema::{Object, Schemas, about};
use crate::time::At;

pub(super) fn endpoint() -> Endpoint {
    get("/api/restaurants/{id}/menu", read)
        .summary("What there is to eat, at what price, and how many could be made now")
        // Who has not ordered yet has no account.
        .open_if(|app| app.config().public_menu)
        .by(&[Customer, Driver, Kitchen, Manager], Ownership::Menu)
        .gives(schema)
}

/// The menu, and the restaurant as those see it who may know no more of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Menu<'a> {
    restaurant_id: &'a str,
    /// Absent while only its inventory answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    restaurant: Option<Face<'a>>,
    menu: Vec<Item<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Face<'a> {
    name: &'a RawValue,
    location: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<&'a RawValue>,
    is_open: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_until: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_reason: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Restaurant<'a> {
    #[serde(borrow)]
    profile: Profile<'a>,
    open_until: Option<At>,
    #[serde(borrow)]
    closed_reason: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    #[serde(borrow)]
    location: &'a RawValue,
    #[serde(borrow)]
    time_zone: Option<&'a RawValue>,
    open: bool,
}

/// A pizza as the inventory tells it, and whether there is any of it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow)]
    pizza_type: &'a RawValue,
    price_cents: u32,
    #[serde(borrow)]
    ingredients: &'a RawValue,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    available: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    can_make: Option<u32>,
}

async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    // An inventory answers for any id. Where everybody may come, nobody has looked yet.
    ownership::check(&app, &caller.identity, Ownership::Menu, &id).await?;
    let restaurant = ActorId::new("restaurant", id.as_str())?;
    let another = caller.for_another();
    let (offers, restaurant) =
        futures_util::join!(offers(&caller, &id), another.ask(restaurant, "get"));
    let offers = offers?;
    let restaurant = restaurant.ok();
    let mut menu: Vec<Item<'_>> = plain(&offers)?;
    for item in &mut menu {
        item.available = item.can_make.map(|count| count > 0);
    }
    let menu = Menu {
        restaurant_id: &id,
        restaurant: restaurant.as_ref().and_then(face),
        menu,
    };
    respond(&offers, &menu)
}

/// Asks for all of it at once. An inventory whose module is of an older contract has the menu alone.
async fn offers(caller: &Caller, id: &str) -> Result<Reply, Problem> {
    let inventory = ActorId::new("inventory", id)?;
    match caller.ask(inventory.clone(), "offers").await {
        Err(problem) if problem.kind() == problem::NOT_FOUND => {
            caller.for_another().ask(inventory, "menu").await
        }
        answer => answer,
    }
}

fn face(reply: &Reply) -> Option<Face<'_>> {
    let restaurant: Restaurant<'_> = granted(reply).ok()?;
    let Profile {
        name,
        location,
        time_zone,
        open,
    } = restaurant.profile;
    Some(Face {
        name,
        location,
        time_zone,
        is_open: open,
        open_until: restaurant.open_until,
        closed_reason: restaurant.closed_reason,
    })
}

fn schema(schemas: &mut Schemas) -> Value {
    let can_make = about(
        "How many could be made now, if nothing else was; absent where nobody can tell.",
        json!({"type": "integer", "minimum": 0}),
    );
    let available = about(
        "Whether one could be made now; absent where nobody can tell.",
        json!({"type": "boolean"}),
    );
    let item = schemas.answer_of("inventory", "recipe");
    let item = item.with("available", available, false);
    let item = item.with("canMake", can_make, false).done();
    let item = schemas.name("MenuItem", item);
    let face = face_schema(schemas);
    let face = about("The restaurant; absent while it does not answer.", face);
    let items = about("Its menu.", json!({"type": "array", "items": item}));
    let id = about("The restaurant's id.", json!({"type": "string"}));
    Object::default()
        .with("restaurantId", id, true)
        .with("restaurant", face, false)
        .with("menu", items, true)
        .done()
}

fn face_schema(schemas: &mut Schemas) -> Value {
    let state = schemas.answer_of("restaurant", "restaurant-state");
    let state = state.only(&["openUntil", "closedReason"]);
    let open = about("Whether it takes orders now.", json!({"type": "boolean"}));
    let face = schemas
        .answer_of("restaurant", "profile")
        .only(&["name", "location", "timeZone"])
        .with("isOpen", open, true)
        .and(state)
        .done();
    schemas.name("RestaurantOnMenu", face)
}
