//! Actors as JSON: all of one, or what an operator looks at.

use pizza_store::{ActorRecord, Inspected, Reminder, StoredActor};
use pizza_types::{ActorId, State as ActorState};
use serde_json::{Value, json};

use super::msgpack;
use super::view::time;

/// All of an actor.
pub(crate) fn whole((id, stored): &(ActorId, StoredActor)) -> Value {
    let reminders = stored.reminders.iter();
    let entries = stored.entries.iter();
    let entries = entries.map(|(name, bytes)| (name.to_string(), packed(bytes)));
    let mut view = serde_json::Map::from_iter([("actor".to_owned(), json!(id.to_string()))]);
    view.extend(head(&stored.record));
    view.insert("entries".to_owned(), Value::Object(entries.collect()));
    let reminders: Vec<Value> = reminders.map(reminder).collect();
    view.insert("reminders".to_owned(), json!(reminders));
    Value::Object(view)
}

/// What there is of an actor.
pub(super) fn record(stored: &Inspected) -> serde_json::Map<String, Value> {
    let mut view = head(&stored.record);
    let reminders = stored.reminders.iter().map(|(name, r)| reminder((name, r)));
    let reminders: Vec<Value> = reminders.collect();
    view.insert("entries".to_owned(), json!(stored.entries));
    view.insert("reminders".to_owned(), json!(reminders));
    view
}

fn reminder((name, reminder): (&std::sync::Arc<str>, &Reminder)) -> Value {
    json!({
        "name": name,
        "due": time(reminder.due_ms),
        "periodMs": reminder.period_ms,
    })
}

fn head(record: &ActorRecord) -> serde_json::Map<String, Value> {
    let fields = [
        ("version", json!(record.version)),
        ("epoch", json!(record.epoch)),
        ("owner", json!(record.owner.to_string())),
        ("module", json!(record.module.map(|m| m.to_string()))),
        ("state", record.state.as_ref().map_or(Value::Null, state)),
    ];
    // Only of those that have: most live.
    let ended = record.ended_ms.map(|ms| ("ended", json!(time(ms))));
    let fields = fields.into_iter().chain(ended);
    fields
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// An actor's state as JSON. Actors made with the SDK keep MessagePack, those in JavaScript and Python
/// JSON; what another keeps is its own business, and only its size is shown.
fn state(state: &ActorState) -> Value {
    let mut view = packed(&state.bytes);
    view["schema"] = json!(state.schema);
    view
}

fn packed(bytes: &[u8]) -> Value {
    let mut view = json!({"bytes": bytes.len()});
    match msgpack::to_json(bytes) {
        Ok(value) => view["value"] = value,
        // An object of JSON is none of MessagePack: its first byte would be a number, and all of it.
        Err(why) => match serde_json::from_slice::<Value>(bytes) {
            Ok(value) => view["value"] = value,
            Err(_) => view["unreadable"] = json!(why),
        },
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_messagepack_are_both_read() {
        assert_eq!(packed(br#"{"total": 7}"#)["value"], json!({"total": 7}));
        assert_eq!(packed(&[0x81, 0xa1, b'n', 7])["value"], json!({"n": 7}));
        assert!(packed(b"\xc1\xc1")["unreadable"].is_string());
    }
}
