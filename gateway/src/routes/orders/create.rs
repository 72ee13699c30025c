//! `POST /api/orders`, in its long and its short form.

use std::sync::Arc;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use pizza_types::{ActorId, MessageId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json as schema};

use crate::acknowledgement::{acknowledged, declined_by};
use crate::answer::{granted, json};
use crate::body::{JsonBody, Text};
use crate::caller::Caller;
use crate::identity::{Authority, Role};
use crate::order::Order;
use crate::order_link;
use crate::problem::{self, Problem};
use crate::schema::Schemas;

/// Both forms; the short one is `customerId` and `pizzaType`, one pizza of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OrderRequest<'a> {
    #[serde(borrow)]
    customer_id: Text<'a>,
    #[serde(borrow)]
    pizza_type: Option<Text<'a>>,
    #[serde(borrow)]
    restaurant_id: Option<Text<'a>>,
    #[serde(borrow)]
    items: Option<Vec<Item<'a>>>,
    #[serde(borrow)]
    delivery_address: Option<Text<'a>>,
    delivery_location: Option<Location>,
    #[serde(borrow)]
    customer_name: Option<Text<'a>>,
    #[serde(borrow)]
    note: Option<Text<'a>>,
    #[serde(borrow)]
    phone: Option<Text<'a>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow)]
    pizza_type: Text<'a>,
    quantity: u32,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Location {
    lat: f64,
    lon: f64,
}

#[derive(Serialize)]
struct Arguments<'a> {
    order: NewOrder<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewOrder<'a> {
    customer_id: Text<'a>,
    restaurant_id: Text<'a>,
    items: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_address: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_location: Option<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<Text<'a>>,
}

/// Where the parts of the arguments came from: pointers into the arguments, and into the body.
const LONG: &[(&str, &str)] = &[("/order", "")];
const SHORT: &[(&str, &str)] = &[
    ("/order/items/0/pizzaType", "/pizzaType"),
    ("/order/items", "/pizzaType"),
    ("/order", ""),
];

pub(super) async fn create(caller: Caller, body: JsonBody) -> Result<Response, Problem> {
    let request: OrderRequest<'_> = body.parse()?;
    let pointers = if request.pizza_type.is_some() {
        SHORT
    } else {
        LONG
    };
    let order = request.order(&body, &caller.app.config().default_restaurant)?;
    // Here, because the actor does not know who asks.
    order.check_owner(&caller)?;
    // The id follows from the message, so that the same message makes the same order.
    let prefix = caller.app.client().transport().key_prefix();
    let order_id = format!(
        "{}order-{}",
        prefix.as_deref().unwrap_or_default(),
        MessageId::derive("order", &[&caller.id.0])
    );
    let location = HeaderValue::try_from(format!("/api/orders/{order_id}"));
    let target = ActorId::new("order", order_id)?;
    let order_key = Arc::clone(target.key());
    let reply = caller
        .ask_with(target, "create", &Arguments { order })
        .await
        .map_err(|problem| problem.relocated(pointers))?;
    let mut order: Order<'_> = granted(&reply).map_err(|problem| problem.relocated(pointers))?;
    // The order exists and says why; for its client nothing was created.
    if order.status == "rejected" {
        return Err(declined_by(rejected(&order), &reply));
    }
    // It follows from the id, so that a repeat is told the same.
    order.tracking_key = order_link::key(&caller.app, &order_key).await;
    let mut response = json(StatusCode::CREATED, &order)?;
    let headers = response.headers_mut();
    headers.insert(header::ETAG, order.etag());
    if let Ok(location) = location {
        headers.insert(header::LOCATION, location);
    }
    Ok(acknowledged(response, &reply))
}

impl<'a> OrderRequest<'a> {
    fn order(self, body: &JsonBody, default_restaurant: &'a str) -> Result<NewOrder<'a>, Problem> {
        let items = match (self.pizza_type, self.items) {
            (Some(pizza_type), None) => vec![Item {
                pizza_type,
                quantity: 1,
            }],
            (None, Some(items)) => items,
            (Some(_), Some(_)) => {
                let message = "give either pizzaType or items, not both";
                return Err(body.invalid_at(&["/pizzaType", "/items"], message));
            }
            (None, None) => {
                return Err(body.invalid_at(&["/items"], "the field is required"));
            }
        };
        Ok(NewOrder {
            customer_id: self.customer_id,
            restaurant_id: self
                .restaurant_id
                .unwrap_or(Text(default_restaurant.into())),
            items,
            delivery_address: self.delivery_address,
            delivery_location: self.delivery_location,
            customer_name: self.customer_name,
            note: self.note,
            phone: self.phone,
        })
    }
}

impl NewOrder<'_> {
    /// Customers order for themselves, managers for their restaurant.
    fn check_owner(&self, caller: &Caller) -> Result<(), Problem> {
        let holder = match caller.identity.authority() {
            Authority::Everything => return Ok(()),
            Authority::Own(holder) => holder,
            // Neither comes here: it is a command, and no order is there yet.
            Authority::Look(_) | Authority::Order(_) | Authority::Nothing => {
                return Err(Problem::no_token());
            }
        };
        let (name, named) = match holder.role {
            Role::Customer => ("customerId", &self.customer_id.0),
            _ => ("restaurantId", &self.restaurant_id.0),
        };
        if *named == holder.subject {
            return Ok(());
        }
        let detail = format!(
            "{name} {named:?} is not {:?}, to whom the token belongs",
            holder.subject
        );
        Err(Problem::new(problem::FORBIDDEN, detail))
    }
}

/// The schema of the body: the long form, or the short one.
pub(super) fn body(schemas: &mut Schemas) -> Value {
    let mut form = || {
        schemas
            .body_of("order", "new-order")
            .optional("restaurantId")
    };
    let long = form();
    let pizza = schema!({"type": "string", "description": "One pizza of this type"});
    let short = form().without("items").with("pizzaType", pizza, true);
    schema!({"anyOf": [long.done(), short.done()]})
}

/// The order, and what opens it to whoever has it.
pub(super) fn answer(schemas: &mut Schemas) -> Value {
    let order = schemas.answer_of("order", "order-state");
    let created = order.with("trackingKey", super::link::key(), false).done();
    schemas.name("CreatedOrder", created)
}

pub(super) fn examples() -> Value {
    schema!({
        "short": {"value": {"customerId": "customer-1", "pizzaType": "Margherita"}},
        "long": {"value": {
            "customerId": "customer-1",
            "restaurantId": "napoli",
            "items": [
                {"pizzaType": "Margherita", "quantity": 2},
                {"pizzaType": "Diavola", "quantity": 1},
            ],
            "deliveryAddress": "Via dei Tribunali 32",
            "deliveryLocation": {"lat": 40.8512, "lon": 14.2571},
            "customerName": "Ada",
            "note": "Third floor, no olives",
            "phone": "+39 081 5550100",
        }},
    })
}

#[cold]
fn rejected(order: &Order<'_>) -> Problem {
    let value = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap_or(Value::Null);
    let id = value(order.order_id);
    match &order.rejection {
        Some(rejection) => Problem::new(problem::REJECTED, rejection.message.to_string())
            .member("reason", rejection.reason)
            .member("missing", value(rejection.missing))
            .member("alternatives", value(rejection.alternatives)),
        None => Problem::new(problem::REJECTED, "the restaurant cannot make this order"),
    }
    .member("orderId", id)
}
