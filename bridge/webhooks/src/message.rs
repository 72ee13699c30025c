//! What is posted of an event.

use bytes::Bytes;
use pizza_client::Event;
use pizza_events::time;
use pizza_types::MessageId;
use serde_json::{Value, json};

use crate::config::WebhookConfig;

/// What is posted, with the id by which a receiver knows it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: Bytes,
}

/// What is to be posted of an event; `None` for one that the webhook is not for.
pub(crate) fn of_event(config: &WebhookConfig, key: &str, event: &Event) -> Option<Message> {
    let mut data = pizza_events::read(&event.payload)?;
    let selection = config.selection();
    if !selection.takes(&data) || !pizza_events::applies(&config.when, &data) {
        return None;
    }
    // Before fields are left out: it may name one of them.
    let named = config.event_type.as_ref();
    let event_type = named.and_then(|text| filled(text, &data));
    selection.reduce(&mut data);
    let stream = &config.stream;
    let body = json!({
        "type": event_type.as_ref().unwrap_or(stream),
        "timestamp": time(event.at_ms),
        "stream": stream,
        "key": key,
        "position": event.position,
        "data": data,
    });
    Some(Message {
        id: id(stream, key, event),
        body: body.to_string().into(),
    })
}

/// A message of no event, which only shows whether it arrives.
pub(crate) fn ping(webhook: &str, id: MessageId, now_ms: u64) -> Message {
    let body = json!({
        "type": "ping",
        "timestamp": time(now_ms),
        "data": {"webhook": webhook},
    });
    Message {
        id: format!("ping-{id}"),
        body: body.to_string().into(),
    }
}

/// It follows from the event, so that it is the same however often it is sent, and whichever webhook sends
/// it. The time is in it because a stream that nobody spoke on for months begins at 1 again. No full stop:
/// in what is signed, one ends the id.
fn id(stream: &str, key: &str, event: &Event) -> String {
    let (position, at_ms) = (event.position.to_le_bytes(), event.at_ms);
    let parts = [stream.as_bytes(), key.as_bytes(), &position[..]];
    let hash = MessageId::derive(
        "webhook",
        &[&parts[..], &[&at_ms.to_le_bytes()[..]]].concat(),
    );
    // In front, so that ids of one length sort as their events came.
    format!("{at_ms:013}-{hash}")
}

/// The text with the event's fields in the place of their names in braces; `None` where one is missing.
fn filled(text: &str, event: &Value) -> Option<String> {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        filled += before;
        match event.get(name)? {
            Value::String(value) => filled += value,
            Value::Number(value) => filled += &value.to_string(),
            Value::Bool(value) => filled += &value.to_string(),
            _ => return None,
        }
        rest = after;
    }
    Some(filled + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(more: &str) -> WebhookConfig {
        let text = format!("name = \"a\"\nurl = \"https://a.example/\"\nsecrets = []\n{more}");
        toml::from_str(&text).expect("a configuration")
    }

    fn event(position: u64, payload: &Value) -> Event {
        Event {
            position,
            at_ms: 1_700_000_000_000,
            payload: payload.to_string().into(),
        }
    }

    fn body(config: &WebhookConfig, payload: &Value) -> Option<Value> {
        let message = of_event(config, "napoli", &event(7, payload))?;
        Some(serde_json::from_slice(&message.body).expect("JSON"))
    }

    #[test]
    fn a_message_says_what_and_when_and_nothing_of_the_customer() {
        let payload = json!({"orderId": "o", "status": "delivered", "at": 0, "customerId": "c",
            "deliverTo": {"lat": 1, "lon": 2}});
        let told = body(&config("type = \"order.{status}\""), &payload);
        let expected = json!({
            "type": "order.delivered",
            "timestamp": "2023-11-14T22:13:20.000Z",
            "stream": "restaurant-orders",
            "key": "napoli",
            "position": 7,
            "data": {"orderId": "o", "status": "delivered", "at": "1970-01-01T00:00:00.000Z"},
        });
        assert_eq!(told, Some(expected));
        let told = body(&config("without = []\nwith = [\"deliverTo\"]"), &payload);
        let data = &told.expect("a message")["data"];
        assert_eq!(
            (&data["customerId"], &data["deliverTo"]["lat"]),
            (&json!("c"), &json!(1))
        );
    }

    #[test]
    fn only_what_is_wanted_is_told() {
        let alert = json!({"at": 1, "alert": {"kind": "stock"}});
        let ready = json!({"orderId": "o", "status": "ready"});
        let delivered = json!({"orderId": "o", "status": "delivered"});
        for (more, expected) in [
            ("", [false, true, true]),
            (
                "when = { \"/status\" = \"delivered\" }",
                [false, false, true],
            ),
            ("needs = [\"alert\"]", [true, false, false]),
            (
                "needs = [\"alert\"]\nwhen = { \"/alert/kind\" = [\"oven\"] }",
                [false, false, false],
            ),
        ] {
            let config = config(more);
            let told = [&alert, &ready, &delivered].map(|e| body(&config, e).is_some());
            assert_eq!(told, expected, "{more}");
        }
    }

    #[test]
    fn an_event_has_one_id_and_another_one_another() {
        let payload = json!({"status": "ready"});
        let id = |key, position| {
            let message = of_event(&config(""), key, &event(position, &payload));
            message.expect("a message").id
        };
        assert_eq!(id("a", 1), id("a", 1));
        assert_ne!(id("a", 1), id("a", 2));
        assert_ne!(id("a", 1), id("b", 1));
        assert!(!id("a.b", 1).contains('.'));
    }

    #[test]
    fn names_in_braces_are_fields() {
        let event = json!({"a": "x", "n": 5, "deep": {}});
        for (text, expected) in [
            ("plain", Some("plain")),
            ("{a}.{n}", Some("x.5")),
            ("order.{missing}", None),
            ("{deep}", None),
            ("open {a", None),
        ] {
            assert_eq!(filled(text, &event).as_deref(), expected, "{text}");
        }
    }
}
