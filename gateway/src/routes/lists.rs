//! What the endpoints have in common that give lists: the parameters of a page, and the schema
//! of a restaurant's list of something.

use serde_json::{Value, json};

use crate::endpoint::Parameter;
use crate::schema::{Object, about};

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
