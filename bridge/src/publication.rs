//! From an event of a stream to a publication.

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
    let mut event = pizza_events::read(event)?;
    let selection = config.selection();
    if !selection.takes(&event) {
        return None;
    }
    let parts = config.topic.split('/').map(|part| named(part, &event));
    let topic = parts.collect::<Option<Vec<_>>>()?.join("/");
    // After the topic is made, which may name a field that is left out of the payload.
    selection.reduce(&mut event);
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
            json!({"orderId": 5, "status": "ready"}),
            json!({"orderId": "a/b", "status": "ready"}),
            // Where its driver is, for the manager.
            json!({"kind": "position", "orderId": "order-1", "driverId": "d"}),
            json!([1]),
        ] {
            assert!(published(&event).is_none(), "{event}");
        }
    }

    #[test]
    fn nobody_reads_of_whom_what_and_where_to_an_order_is() {
        let private = [
            ("customerId", json!("c")),
            ("customerName", json!("Ada")),
            ("deliverTo", json!({"lat": 40.8, "lon": 14.2})),
            ("deliveryAddress", json!("Via Roma 1")),
            ("items", json!([])),
            ("note", json!("ring twice")),
        ];
        let mut event = json!({"orderId": "order-1", "restaurantId": "r", "status": "created"});
        for (name, value) in &private {
            event[name] = value.clone();
        }
        for config in BridgeConfig::default().outbound {
            let published = publication(&config, event.to_string().as_bytes());
            let published = published.expect("a publication");
            let payload: Value = serde_json::from_slice(&published.payload).expect("JSON");
            for (name, _) in &private {
                assert!(payload.get(name).is_none(), "{name}: {payload}");
            }
        }
    }

    /// Older mappings know nothing of what the stream has got since.
    #[test]
    fn an_operators_own_mapping_publishes_what_it_names_alone() {
        let mapping = "stream = \"restaurant-orders\"\nactor = \"restaurant\"\n\
            topic = \"mine/{orderId}\"\nretain = true\n";
        let published = |more: &str, event: &Value| {
            let config: Outbound = toml::from_str(&format!("{mapping}{more}")).expect("a mapping");
            publication(&config, event.to_string().as_bytes())
        };
        let event = json!({"orderId": "o", "status": "created", "customerId": "c", "note": "ring",
            "customerName": "Ada", "deliverTo": {}, "deliveryAddress": "Via Roma 1", "items": []});
        for (more, expected) in [
            ("", vec!["customerId", "orderId", "status"]),
            (
                "with = [\"items\", \"note\"]",
                vec!["customerId", "items", "note", "orderId", "status"],
            ),
        ] {
            let published = published(more, &event).expect("a publication");
            let payload: Value = serde_json::from_slice(&published.payload).expect("JSON");
            let mut fields: Vec<_> = payload.as_object().expect("fields").keys().collect();
            fields.sort();
            assert_eq!(fields, expected, "{more}");
        }
        let position = json!({"kind": "position", "orderId": "o", "driverId": "d"});
        assert!(published("", &position).is_none());
        assert!(published("needs = [\"kind\"]", &position).is_some());
    }
}
