//! The events of a restaurant's stream in the document.

use serde_json::{Value, json};

use crate::schema::events::{CHANGE, EventDoc, GAP, change, event, gap, sign_of_life, time};
use crate::schema::{Object, Schemas, about};
use crate::view::{driver, kitchen};

/// An event of each kind that happens in a restaurant.
pub(crate) fn events(schemas: &mut Schemas) -> Vec<EventDoc> {
    let alert = schemas.of("restaurant", "manager-alert");
    let driver = about("As they are now.", driver::schema(schemas));
    let restaurant = about(
        "As it is now.",
        schemas.of("restaurant", "restaurant-state"),
    );
    let at = || Object::default().with("at", time(), true);
    let mut events = of_orders(schemas);
    events.extend([
        event(
            "driver-state",
            "A driver came or went, was offered an order, took it, fell silent.",
            at().with("driver", driver, true).done(),
        ),
        event(
            "positions",
            "Where drivers are who have moved: once a second, and before any other event.",
            positions(),
        ),
        event("alert", "It is new, or somebody has seen it.", alert),
        event(
            "restaurant",
            "It was opened or closed, or set up anew.",
            at().with("restaurant", restaurant, true).done(),
        ),
        event("gap", GAP, gap(Object::default())),
    ]);
    events.extend(of_sights(schemas));
    events.push(sign_of_life());
    events
}

fn of_orders(schemas: &mut Schemas) -> Vec<EventDoc> {
    let mut change = || {
        // A screen shows orders that it has not read before.
        let more = ["customerId", "totalCents", "createdAt", "deliveryLocation"];
        let fields = [CHANGE, &more].concat();
        let change = change(schemas, &fields).without("driverLocation");
        let first = schemas.answer_of("restaurant", "open-order");
        let first = first.only(&["items", "deliveryAddress", "customerName", "note"]);
        about(
            "The first one of an order has what never changes: items, address, name and note.",
            change.and(first).done(),
        )
    };
    vec![
        event("status", "An order moved on.", change()),
        event("driver", "An order's driver changed.", change()),
        event("eta", "An order is expected at another time.", change()),
    ]
}

/// What the gateway looks at: such events have no id.
fn of_sights(schemas: &mut Schemas) -> [EventDoc; 3] {
    let at = || Object::default().with("at", time(), true);
    let list = |text: &str, items: Value| about(text, json!({"type": "array", "items": items}));
    let figures = about("As they are now.", schemas.of("restaurant", "figures"));
    let stock = list(
        "The ingredients that have changed; all of them when the stream begins.",
        schemas.of("inventory", "stock-line"),
    );
    let chefs = list("All of them.", schemas.of("kitchen", "station"));
    let kitchen = about("As it is now.", kitchen::figures_schema(schemas));
    let kitchen = at().with("kitchen", kitchen, true);
    let events = [
        event(
            "figures",
            "They have changed; looked at every 5 s (`sse_look_ms`).",
            at().with("figures", figures, true).done(),
        ),
        event(
            "stock",
            "It has changed; looked at as often.",
            at().with("stock", stock, true).done(),
        ),
        event(
            "kitchen",
            "It has changed; looked at as often.",
            kitchen.with("chefs", chefs, true).done(),
        ),
    ];
    events.map(|event| EventDoc {
        has_id: false,
        ..event
    })
}

fn positions() -> Value {
    let or_null = |of: &str| json!({"type": [of, "null"]});
    json!({
        "type": "array",
        "items": {
            "type": "array",
            "description": "Driver, latitude, longitude, heading in degrees, when (milliseconds since 1970), their \
                order, and its version by then.",
            "prefixItems": [
                {"type": "string"}, {"type": "number"}, {"type": "number"}, or_null("number"),
                {"type": "integer"}, or_null("string"), or_null("integer"),
            ],
            "minItems": 7,
            "maxItems": 7,
        },
    })
}
