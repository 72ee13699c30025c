//! Events out, from durable cursors.

use crate::World;
use crate::silo::Silo;

const CURSOR: &str = "mqtt/awesome-pizza-events/restaurant-orders/main";

#[tokio::test]
async fn events_are_published_from_the_cursor_which_moves_when_the_broker_has_them() {
    let silo = Silo::with_events(&[
        r#"{"orderId": "o-1", "at": 1800000000000, "status": "ready", "customerId": "c"}"#,
        r#"{"alert": "an event of another kind"}"#,
        r#"{"orderId": "o-2", "at": 1800000000000, "status": "ready"}"#,
    ]);
    let world = World::with(silo).await;
    world.silo.cursor_at(CURSOR, 3).await;
    // The broker has retained them, one for each topic.
    let mut reader = world.phone("reader").await;
    reader.subscribe("pizza/orders/+/events").await;
    let (first, second) = (reader.message().await, reader.message().await);
    assert!(first.retain && second.retain);
    assert_eq!(first.topic, "pizza/orders/o-1/events");
    assert_eq!(second.topic, "pizza/orders/o-2/events");
    let event: serde_json::Value = serde_json::from_slice(&first.payload).expect("JSON");
    let expected = serde_json::json!({
        "orderId": "o-1", "at": "2027-01-15T08:00:00.000Z", "status": "ready",
    });
    assert_eq!(event, expected);
    world.stop().await;
}
