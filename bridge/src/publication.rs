//! From an event of a stream to a publication.

use jiff::Timestamp;
use pizza_value::whole_numbers;
use serde_json::Value;

use crate::config::Outbound;

pub(crate) struct Publication {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) retain: bool,
    pub(crate) expiry_s: Option<u32>,
}

/// What the event is to be published as; `None` for one without the fields that the topic
/// names: a stream may have events of several kinds, and such a one is of another.
pub(crate) fn publication(config: &Outbound, event: &[u8]) -> Option<Publication> {
    let mut event: Value = serde_json::from_slice(&whole_numbers(event)).ok()?;
    let parts = config.topic.split('/').map(|part| named(part, &event));
    let topic = parts.collect::<Option<Vec<_>>>()?.join("/");
    // After the topic is made, which may name a field that is left out of the payload.
    if let Value::Object(fields) = &mut event {
        for name in &config.without {
            fields.remove(name);
        }
        for name in &config.times {
            if let Some(field) = fields.get_mut(name)
                && let Some(text) = field.as_u64().and_then(time)
            {
                *field = text.into();
            }
        }
    }
    Some(Publication {
        topic,
        payload: event.to_string().into_bytes(),
        retain: config.retain,
        expiry_s: config.expiry_s,
    })
}

/// A segment of the topic: as it stands, or the event's field whose name is in braces.
fn named(part: &str, event: &Value) -> Option<String> {
    let Some(name) = part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) else {
        return Some(part.to_owned());
    };
    let value = event.get(name)?.as_str()?;
    // Anything else would be another topic than the one that was configured, or none.
    let fits = !value.is_empty() && !value.contains(['/', '+', '#', '\0']);
    fits.then(|| value.to_owned())
}

fn time(ms: u64) -> Option<String> {
    let at = Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()?;
    // Always with milliseconds, so that texts sort as times do.
    Some(format!("{at:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BridgeConfig;
    use serde_json::json;

    fn published(event: &Value) -> Option<Publication> {
        let config = BridgeConfig::default().outbound.swap_remove(0);
        publication(&config, event.to_string().as_bytes())
    }

    #[test]
    fn an_orders_change_goes_to_the_orders_topic() {
        let event = json!({"orderId": "order-1", "at": 0, "status": "ready", "customerId": "c"});
        let published = published(&event).expect("a publication");
        assert_eq!(published.topic, "pizza/orders/order-1/events");
        assert!(published.retain);
        let payload: Value = serde_json::from_slice(&published.payload).expect("JSON");
        let expected =
            json!({"orderId": "order-1", "at": "1970-01-01T00:00:00.000Z", "status": "ready"});
        assert_eq!(payload, expected);
    }

    #[test]
    fn an_event_of_another_kind_is_not_published() {
        for event in [
            json!({"at": 1, "alert": {"kind": "stock"}}),
            json!({"orderId": 5}),
            json!({"orderId": "a/b"}),
            json!([1]),
        ] {
            assert!(published(&event).is_none(), "{event}");
        }
    }
}
