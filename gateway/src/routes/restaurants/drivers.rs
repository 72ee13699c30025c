//! `/api/restaurants/{id}/drivers` and `…/free-drivers`: who drives for it, and who could take an order.

use axum::response::Response;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{plain, respond};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::routes::lists;
use crate::schema::{Schemas, about};
use crate::time::At;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DriverView<'a> {
    #[serde(borrow)]
    driver_id: &'a RawValue,
    status: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    location: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    located_at: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a RawValue>,
    lost_signal: bool,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    offered: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    heading: Option<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FreeDriver<'a> {
    #[serde(borrow)]
    driver_id: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    distance_m: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    located_at: Option<At>,
    #[serde(
        borrow,
        rename(deserialize = "offered", serialize = "offeredOrderId"),
        skip_serializing_if = "Option::is_none"
    )]
    offered: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Drivers<'a, T> {
    restaurant_id: &'a str,
    drivers: Vec<T>,
}

pub(super) fn schema(schemas: &mut Schemas) -> Value {
    let drivers = schemas.list_of("restaurant", "driver-view");
    lists::whole("drivers", drivers)
}

pub(super) fn free_schema(schemas: &mut Schemas) -> Value {
    let offered = about(
        "The order that they were offered last and have not answered.",
        json!({"type": "string"}),
    );
    let driver = schemas.answer_of("restaurant", "free-driver");
    let driver = driver.without("offered");
    let driver = driver.with("offeredOrderId", offered, false).done();
    let driver = schemas.name("FreeDriver", driver);
    lists::whole("drivers", json!({"type": "array", "items": driver}))
}

pub(super) async fn all(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id.as_str())?;
    let reply = caller.ask(restaurant, "drivers").await?;
    let drivers: Vec<DriverView<'_>> = plain(&reply)?;
    let restaurant_id = &id;
    let answer = Drivers {
        restaurant_id,
        drivers,
    };
    respond(&reply, &answer)
}

pub(super) async fn free(caller: Caller, Path(id): Path<String>) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id.as_str())?;
    let reply = caller.ask(restaurant, "free-drivers").await?;
    let drivers: Vec<FreeDriver<'_>> = plain(&reply)?;
    let restaurant_id = &id;
    let answer = Drivers {
        restaurant_id,
        drivers,
    };
    respond(&reply, &answer)
}
