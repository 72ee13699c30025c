//! `/api/orders`

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json as Reply, Router};
use pizza_types::MessageId;
use serde::{Deserialize, Serialize};

use crate::ask::{To, command};
use crate::body::{Json, Path};
use crate::idempotency::Idempotency;
use crate::order::{Location, Order};
use crate::problem::Problem;
use crate::server::App;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/api/orders", post(create))
        .route("/api/orders/{id}", get(read))
        .route("/api/orders/{id}/status", put(update_status))
        .route("/api/orders/{id}/assign-driver", post(assign_driver))
        .route("/api/orders/{id}/cancel", post(cancel))
        .route("/api/orders/{id}/confirm-delivery", post(confirm_delivery))
}

/// The long form, or with `pizzaType` the short one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewOrder {
    customer_id: String,
    restaurant_id: Option<String>,
    pizza_type: Option<String>,
    items: Option<Vec<NewItem>>,
    delivery_address: Option<String>,
    delivery_location: Option<Location>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewItem {
    pizza_type: String,
    quantity: u32,
}

/// Arguments of `order.create`.
#[derive(Serialize)]
struct Create<'a> {
    order: Wish<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Wish<'a> {
    customer_id: &'a str,
    restaurant_id: &'a str,
    items: &'a [NewItem],
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_location: Option<Location>,
}

async fn create(
    State(app): State<App>,
    Idempotency(id): Idempotency,
    Json(body): Json<NewOrder>,
) -> Result<Response, Problem> {
    let items = match (body.items, body.pizza_type) {
        (Some(items), None) => items,
        (None, Some(pizza_type)) => vec![NewItem {
            pizza_type,
            quantity: 1,
        }],
        (None, None) => return Err(Problem::invalid_at("/items", "the field is required")),
        (Some(_), Some(_)) => {
            return Err(Problem::invalid_at(
                "/pizzaType",
                "stands in for items, not beside them",
            ));
        }
    };
    let restaurant_id = body.restaurant_id.as_deref();
    let arguments = Create {
        order: Wish {
            customer_id: &body.customer_id,
            restaurant_id: restaurant_id.unwrap_or(&app.config().default_restaurant),
            items: &items,
            delivery_address: body.delivery_address.as_deref(),
            delivery_location: body.delivery_location,
        },
    };
    // The same request makes the same order, so its id follows from the request's.
    let seed = id.unwrap_or_else(|| app.client().transport().fresh_id());
    let order_id = format!("order-{}", MessageId::derive("order", &[&seed.0]));
    let to = To("order", &order_id, "create");
    let order: Order = command(&app, to, &arguments, id).await.map_err(outward)?;
    if let Some(rejection) = order.rejection {
        let problem = Problem::new(StatusCode::CONFLICT, "rejected", rejection.message);
        return Err(problem
            .with("reason", rejection.reason.into())
            .with("missing", rejection.missing)
            .with("alternatives", rejection.alternatives)
            .with("orderId", order_id.into()));
    }
    let location = format!("/api/orders/{order_id}");
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Reply(order),
    )
        .into_response())
}

/// The actor speaks of its arguments, the client of its body.
fn outward(problem: Problem) -> Problem {
    problem.without_pointer_prefix("/order")
}

fn tagged(order: Order) -> ([(HeaderName, String); 1], Reply<Order>) {
    let etag = format!("\"{}\"", order.version);
    ([(header::ETAG, etag)], Reply(order))
}

async fn read(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let order: Order = command(&app, To("order", &id, "get"), &[(); 0], None).await?;
    Ok(tagged(order).into_response())
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewStatus {
    status: Status,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Status {
    Created,
    Preparing,
    Baking,
    Ready,
    OutForDelivery,
    Delivered,
    Cancelled,
    Rejected,
}

async fn update_status(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
    Json(body): Json<NewStatus>,
) -> Result<Response, Problem> {
    let to = To("order", &id, "update-status");
    let order: Order = command(&app, to, &body, message).await?;
    Ok(tagged(order).into_response())
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Assignment {
    driver_id: String,
}

async fn assign_driver(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
    Json(body): Json<Assignment>,
) -> Result<Response, Problem> {
    // A driver's id is an actor's key; it is refused here, where it came in.
    if let Err(error) = pizza_types::ActorId::new("driver", body.driver_id.as_str()) {
        return Err(Problem::invalid_at("/driverId", error.to_string()));
    }
    let to = To("order", &id, "assign-driver");
    let order: Order = command(&app, to, &body, message).await?;
    Ok(tagged(order).into_response())
}

async fn cancel(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
) -> Result<Response, Problem> {
    let to = To("order", &id, "cancel");
    let order: Order = command(&app, to, &[None::<String>], message).await?;
    Ok(tagged(order).into_response())
}

async fn confirm_delivery(
    State(app): State<App>,
    Path(id): Path<String>,
    Idempotency(message): Idempotency,
) -> Result<Response, Problem> {
    let to = To("order", &id, "confirm-delivery");
    let order: Order = command(&app, to, &[(); 0], message).await?;
    Ok(tagged(order).into_response())
}
