//! The events of a stream in the document. Each is described as it is on the wire: its `id`, the
//! name of its `event`, and its `data`, a text of JSON, whose own schema is its `contentSchema`.
//! (That is how OpenAPI 3.2 describes them. 3.1 has no words for a sequence, so the content is
//! said to be one of them; tools that know streams take it for each.)

use pizza_value::camel;
use serde_json::{Map, Value, json};

use super::types::{Object, Schemas, about};

/// One kind of event of a stream, as it is documented.
pub(crate) struct EventDoc {
    pub(crate) event: &'static str,
    pub(crate) about: &'static str,
    pub(crate) data: Value,
    /// Whether its client may go on from it.
    pub(crate) has_id: bool,
}

/// The schema of a stream: one of its events. `stream` begins the names, as in `OrderEvent`.
pub(crate) fn schema(stream: &str, events: Vec<EventDoc>, schemas: &mut Schemas) -> Value {
    let mut mapping = Map::new();
    let mut choices = Vec::new();
    for EventDoc {
        event,
        about,
        data,
        has_id,
    } in events
    {
        let camel = camel(event);
        let (first, rest) = camel.split_at(1);
        let name = format!("{stream}{}{rest}", first.to_uppercase());
        let data = json!({
            "type": "string",
            "description": "What happened, in JSON.",
            "contentMediaType": "application/json",
            "contentSchema": schemas.name(&format!("{name}Data"), data),
        });
        let id = json!({
            "type": "string",
            "description": "Where to go on: what a browser sends as `Last-Event-ID`.",
        });
        let kind = json!({"type": "string", "const": event, "description": "Its kind."});
        // Readers of streams keep the id of the event before for one that has none.
        let schema = Object::default().with("id", id, has_id);
        let schema = schema.with("event", kind, true);
        let mut schema = schema.with("data", data, true).done();
        schema["description"] = about.into();
        let reference = schemas.name(&format!("{name}Event"), schema);
        mapping.insert(event.to_owned(), reference["$ref"].clone());
        choices.push(reference);
    }
    let choice = json!({
        "description": "One event of the stream; its data is JSON.",
        "oneOf": choices,
        "discriminator": {"propertyName": "event", "mapping": mapping},
    });
    schemas.name(&format!("{stream}Event"), choice)
}

/// An event of each kind that an order has.
pub(crate) fn of_order(schemas: &mut Schemas) -> Vec<EventDoc> {
    let change = |schemas: &mut Schemas| change(schemas, CHANGE).done();
    let notice = |schemas: &mut Schemas| {
        order(schemas, &["orderId", "version", "status"]).with("at", time(), true)
    };
    vec![
        event("status", "It moved on.", change(schemas)),
        event(
            "driver",
            "Its driver changed, or where they are.",
            change(schemas),
        ),
        event("eta", "It is expected at another time.", change(schemas)),
        event("gap", GAP, gap(notice(schemas))),
        event(
            "end",
            "Nothing follows; the stream ends.",
            notice(schemas).done(),
        ),
        sign_of_life(),
    ]
}

/// An event of each kind that happens in a kitchen. Each has what it tells as the kitchen's display
/// has it.
pub(crate) fn of_kitchen(schemas: &mut Schemas) -> Vec<EventDoc> {
    let order_ids = json!({
        "type": "array",
        "items": {"type": "string"},
        "description": "The next one first; those that are not named come after them.",
    });
    let mut change = |event, text, field: &str, of: &str| {
        let told = match of {
            "" => order_ids.clone(),
            of => about("As it is now.", schemas.of("kitchen", of)),
        };
        let data = Object::default().with("at", time(), true);
        self::event(event, text, data.with(field, told, true).done())
    };
    vec![
        change(
            "ticket",
            "An order came, moved on, waits elsewhere, is late, or has left.",
            "ticket",
            "ticket",
        ),
        change(
            "station",
            "A chef came, went, got an order or has none any more.",
            "station",
            "station",
        ),
        change(
            "oven",
            "An oven said how hot it is.",
            "oven",
            "oven-reading",
        ),
        change(
            "alert",
            "It is new, or somebody has seen it.",
            "alert",
            "alert",
        ),
        change(
            "queue",
            "What the plugin would have made next.",
            "orderIds",
            "",
        ),
        change(
            "plugin",
            "How the kitchen gets on with its plugin.",
            "plugin",
            "plugin-status",
        ),
        event("gap", GAP, gap(Object::default())),
        sign_of_life(),
    ]
}

/// An event of each kind that a driver's screen follows. Each has how the driver is then.
pub(crate) fn of_driver(schemas: &mut Schemas) -> Vec<EventDoc> {
    let driver = schemas.of("driver", "driver-duty");
    let driver = about("The driver, as they are then.", driver);
    let duty = || Object::default().with("at", time(), true);
    let duty = || duty().with("driver", driver.clone(), true);
    let text = json!({"type": "string", "description": "The order."});
    let of_order = || duty().with("orderId", text.clone(), true);
    let reason = |about: &str, names: &[&str]| json!({"type": "string", "enum": names, "description": about});
    let gone = reason("Where it went.", &["expired", "taken", "declined"]);
    let ended = reason("Where it went.", &["delivered", "given", "returned"]);
    let version = json!({"type": "integer", "minimum": 0, "description": "That of the order."});
    let moved = of_order().with("version", version, true);
    let mut status = schemas.of("order", "status");
    status["description"] = "Where it is.".into();
    vec![
        event("offer", "They may take an order.", of_order().done()),
        event(
            "withdrawn",
            "They may not take it any more.",
            of_order().with("reason", gone, true).done(),
        ),
        event("assigned", "They have an order.", of_order().done()),
        event(
            "order",
            "Their order has moved on.",
            moved.with("status", status, true).done(),
        ),
        event(
            "released",
            "They do not have it any more.",
            of_order().with("reason", ended, true).done(),
        ),
        event(
            "duty",
            "They begin or end to work, or are not heard any more.",
            duty().done(),
        ),
        event("gap", GAP, gap(Object::default())),
        sign_of_life(),
    ]
}

pub(crate) const GAP: &str = "Events are not kept any more; the stream goes on after this.";

pub(crate) const CHANGE: &[&str] = &[
    "orderId",
    "version",
    "status",
    "late",
    "driverId",
    "driverLocation",
    "estimatedDeliveryAt",
];

pub(crate) fn event(event: &'static str, about: &'static str, data: Value) -> EventDoc {
    let has_id = true;
    EventDoc {
        event,
        about,
        data,
        has_id,
    }
}

/// The event that every stream has.
pub(crate) fn sign_of_life() -> EventDoc {
    let at = json!({"type": "string", "format": "date-time"});
    let position = json!({"type": "integer", "minimum": 0});
    let version = json!({"type": "string"});
    let data = Object::default()
        .with("at", about("The date of the silos.", at), true)
        .with(
            "position",
            about("Up to which position everything has been told.", position),
            true,
        )
        .with(
            "version",
            about(
                "The build of the program, as `X-Pizza-Version` names it.",
                version,
            ),
            true,
        );
    EventDoc {
        event: "time",
        about: "The stream lives; it comes every 10 s (`sse_time_ms`), without an id.",
        data: data.done(),
        has_id: false,
    }
}

/// An object with these fields of an order.
fn order(schemas: &mut Schemas, fields: &[&str]) -> Object {
    schemas.answer_of("order", "order-state").only(fields)
}

pub(crate) fn change(schemas: &mut Schemas, fields: &[&str]) -> Object {
    let mut from = schemas.of("order", "status");
    from["description"] = "Where it was before.".into();
    let by = json!({
        "type": "string",
        "description": "The actor that caused it, as `type/key`; absent when it came from outside.",
    });
    let change = order(schemas, fields).with("at", time(), true);
    change.with("from", from, false).with("by", by, false)
}

pub(crate) fn gap(object: Object) -> Value {
    let position = |about: &str| json!({"type": "integer", "minimum": 0, "description": about});
    let asked = position("The position after which the client wanted to go on.");
    let oldest = position("The position of the oldest event that is kept.");
    let gap = object.with("asked", asked, true);
    gap.with("oldest", oldest, true).done()
}

pub(crate) fn time() -> Value {
    json!({"type": "string", "format": "date-time", "description": "When it happened."})
}
