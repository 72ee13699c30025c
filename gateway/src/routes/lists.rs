//! What the endpoints have in common that give lists: the parameters of a page, the schema of a
//! restaurant's list of something, and the restaurants that do not answer.

use serde::Serialize;
use serde_json::{Value, json};

use crate::endpoint::Parameter;
use crate::schema::{KEY, Object, Schemas, about};

pub(super) const AFTER: Parameter = Parameter {
    name: "after",
    about: "The `next` of the page before.",
    schema: |_| json!({"type": "string"}),
};

pub(super) const LIMIT: Parameter = Parameter {
    name: "limit",
    about: "How many at most; too many become as many as there may be.",
    schema: |_| json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
};

/// The schema of a restaurant's list that comes as a whole.
pub(super) fn whole(name: &str, schema: Value) -> Value {
    of_restaurant(name, schema).done()
}

/// The schema of a restaurant's list that comes page by page.
pub(super) fn paged(name: &str, schema: Value, next: Value) -> Value {
    of_restaurant(name, schema).with("next", next, false).done()
}

fn of_restaurant(name: &str, schema: Value) -> Object {
    let id = about("The restaurant's id.", json!({"type": "string"}));
    let list = about(&format!("The restaurant's {name}."), schema);
    let object = Object::default().with("restaurantId", id, true);
    object.with(name, list, true)
}

/// A restaurant of which nothing can be told at the moment, beside those of which something can.
#[derive(Serialize)]
pub(super) struct Failing<'a> {
    pub(super) id: &'a str,
    /// The kind of the problem.
    pub(super) code: &'static str,
}

pub(super) fn failing(schemas: &mut Schemas) -> Value {
    let id = about("Its id.", json!({"type": "string", "pattern": KEY}));
    let code = about("The code of the problem.", json!({"type": "string"}));
    let failing = Object::default()
        .with("id", id, true)
        .with("code", code, true)
        .done();
    let failing = schemas.name("FailingRestaurant", failing);
    let failing = json!({"type": "array", "items": failing});
    about("Those that do not answer; absent where all do.", failing)
}
