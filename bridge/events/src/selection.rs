//! Which events of a stream leave, and which of their fields.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::read::time;

/// The stream that has got more kinds of events, and more fields, since operators wrote their
/// configurations: what they have not asked for must not go out because we have published more.
const ORDERS: &str = "restaurant-orders";
/// Its fields that say who a customer is, where they live and what they have said.
const PRIVATE: [&str; 5] = [
    "customerName",
    "deliverTo",
    "deliveryAddress",
    "items",
    "note",
];

/// A choice of events and fields, as it is configured.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    pub stream: &'a str,
    /// Fields that an event has to have. Without any, events of [`ORDERS`] need a status.
    pub needs: &'a [String],
    /// Fields in milliseconds since 1970 that are shown as RFC 3339.
    pub times: &'a [String],
    /// Fields that are left out.
    pub without: &'a [String],
    /// Those of [`PRIVATE`] that are told all the same.
    pub with: &'a [String],
}

impl Selection<'_> {
    /// Whether an event is of the kind that is chosen, as far as its fields say.
    #[must_use]
    pub fn takes(&self, event: &Value) -> bool {
        // What else is in that stream is no state of an order, whatever it names.
        if self.needs.is_empty() && self.stream == ORDERS {
            return event.get("status").is_some();
        }
        self.needs.iter().all(|name| event.get(name).is_some())
    }

    /// What of an event is told.
    pub fn reduce(&self, event: &mut Value) {
        let Value::Object(fields) = event else {
            return;
        };
        fields.retain(|name, _| !self.leaves_out(name));
        for name in self.times {
            if let Some(field) = fields.get_mut(name)
                && let Some(text) = field.as_u64().and_then(time)
            {
                *field = text.into();
            }
        }
    }

    fn leaves_out(&self, field: &str) -> bool {
        let is_in = |names: &[String]| names.iter().any(|name| name == field);
        let is_private = self.stream == ORDERS && PRIVATE.contains(&field);
        is_in(self.without) || is_private && !is_in(self.with)
    }
}

/// Whether a document has what is wanted: JSON pointers, each with the value, or a list of the values, that
/// has to be there.
#[must_use]
pub fn applies(wanted: &BTreeMap<String, Value>, document: &Value) -> bool {
    wanted.iter().all(|(pointer, wanted)| {
        let found = document.pointer(pointer);
        found.is_some_and(|found| match wanted {
            Value::Array(several) => several.contains(found),
            one => one == found,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(stream: &str, without: &[&str], with: &[&str], event: &Value) -> Value {
        let owned = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        let (without, with, times) = (owned(without), owned(with), owned(&["at"]));
        let selection = Selection {
            stream,
            needs: &[],
            times: &times,
            without: &without,
            with: &with,
        };
        let mut event = event.clone();
        selection.reduce(&mut event);
        event
    }

    #[test]
    fn what_is_private_is_told_where_it_is_asked_for_alone() {
        let event = json!({"at": 0, "note": "ring", "customerId": "c", "status": "ready"});
        let at = "1970-01-01T00:00:00.000Z";
        for (stream, without, with, expected) in [
            (
                ORDERS,
                vec![],
                vec![],
                json!({"at": at, "customerId": "c", "status": "ready"}),
            ),
            (
                ORDERS,
                vec!["customerId"],
                vec!["note"],
                json!({"at": at, "note": "ring", "status": "ready"}),
            ),
            (
                "other",
                vec!["status"],
                vec![],
                json!({"at": at, "note": "ring", "customerId": "c"}),
            ),
        ] {
            let told = told(stream, &without, &with, &event);
            assert_eq!(told, expected, "{stream} {without:?} {with:?}");
        }
    }

    #[test]
    fn a_value_or_one_of_several_is_wanted() {
        let document = json!({"status": "ready", "deep": {"number": 2}});
        for (wanted, expected) in [
            (json!({"/status": "ready"}), true),
            (
                json!({"/status": ["made", "ready"], "/deep/number": 2}),
                true,
            ),
            (json!({"/status": "made"}), false),
            (json!({"/missing": "ready"}), false),
            (json!({}), true),
        ] {
            let map = serde_json::from_value(wanted.clone()).expect("a table");
            assert_eq!(applies(&map, &document), expected, "{wanted}");
        }
    }
}
