//! What a manager's screen is told while it is open.

use std::time::{Duration, Instant};

use pizza_gateway::GatewayConfig;
use serde_json::{Value, json};

use crate::board::{
    alert, figures, kitchen, ms, restaurant, station, stock_line, text, with_board,
};
use crate::socket::Server;
use crate::track::Stream;

const FOLLOW: &str = "GET /api/dashboard/r/stream";

/// The next event that is no sign of life: its name, its id if it has one, and its data.
async fn next(stream: &mut Stream) -> (String, Option<String>, Value) {
    loop {
        let chunk = stream.0.chunk().await.expect("a chunk");
        let field = |name: &str| {
            let line = chunk.lines().find_map(|line| line.strip_prefix(name));
            line.map(str::to_owned)
        };
        match (field("event: "), field("data: ")) {
            (Some(event), Some(data)) if event != "time" => {
                let data = serde_json::from_str(&data).expect("JSON");
                return (event, field("id: "), data);
            }
            _ => {}
        }
    }
}

/// The next event of this name.
async fn next_named(stream: &mut Stream, name: &str) -> (Option<String>, Value) {
    loop {
        let (event, id, data) = next(stream).await;
        if event == name {
            return (id, data);
        }
    }
}

/// A screen of a restaurant of which nobody asks anything.
async fn open() -> (Server, Stream) {
    let server = Server::start().await;
    let screen = Stream::open(&server, &format!("{FOLLOW}\nlast-event-id: 0")).await;
    (server, screen)
}

fn change(position: u64, kind: &str) -> Value {
    json!({"orderId": "order-1", "customerId": "c", "restaurantId": "r", "version": position,
        "at": 1_000, "kind": kind, "status": "outForDelivery", "late": false, "driverId": "ada",
        "totalCents": 900, "createdAt": 1_000})
}

#[tokio::test]
async fn the_first_event_of_an_order_tells_what_never_changes() {
    let (server, mut screen) = open().await;
    let mut first = change(1, "status");
    first["deliverTo"] = json!({"lat": 1.0, "lon": 2.0});
    first["items"] = json!([{"pizzaType": "Margherita", "quantity": 1, "unitPriceCents": 900}]);
    first["deliveryAddress"] = "Via Roma 1".into();
    first["customerName"] = "Ada".into();
    first["note"] = "ring".into();
    server.fake.publish_news(1, &first);
    let (event, id, data) = next(&mut screen).await;
    assert_eq!((&*event, id.as_deref()), ("status", Some("1")));
    let expected = json!({"orderId": "order-1", "customerId": "c", "version": 1, "at": text(),
        "status": "outForDelivery", "late": false, "driverId": "ada", "totalCents": 900,
        "createdAt": text(), "deliveryLocation": {"lat": 1.0, "lon": 2.0},
        "items": [{"pizzaType": "Margherita", "quantity": 1, "unitPriceCents": 900}],
        "deliveryAddress": "Via Roma 1", "customerName": "Ada", "note": "ring"});
    assert_eq!(data, expected);
}

#[tokio::test]
async fn alerts_have_their_position_for_a_number_and_come_again_when_seen() {
    let (server, mut screen) = open().await;
    let raised = json!({"at": 1_000, "alert": {"kind": "overheat", "message": "hot",
        "severity": "critical", "source": "kitchen/r"}});
    server.fake.publish_news(
        1,
        &json!({"at": 1_000, "alert": {"kind": "low-stock", "message": "low"}}),
    );
    server.fake.publish_news(3, &raised);
    server.fake.publish_news(
        4,
        &json!({"kind": "alert-seen", "at": 2_000, "seen": alert(&ms())}),
    );
    let (event, id, data) = next(&mut screen).await;
    assert_eq!((&*event, id.as_deref()), ("alert", Some("1")));
    // An older actor does not say how bad it is.
    let expected = json!({"id": 1, "kind": "low-stock", "message": "low", "at": text(), "severity": "warning"});
    assert_eq!(data, expected);
    let (_, _, data) = next(&mut screen).await;
    assert_eq!(
        (&data["id"], &data["severity"]),
        (&json!(3), &json!("critical"))
    );
    let (event, id, data) = next(&mut screen).await;
    assert_eq!((&*event, id.as_deref()), ("alert", Some("4")));
    assert_eq!(data, alert(&text()));
}

#[tokio::test]
async fn what_drivers_do_and_how_the_restaurant_is_are_told_and_what_is_unknown_is_not() {
    let (server, mut screen) = open().await;
    let driver = |at: Value| {
        json!({"driverId": "ada", "status": "busy", "orderId": "order-1",
        "location": {"lat": 1.0, "lon": 2.0}, "locatedAt": at, "heading": 12.5,
        "offeredOrderId": "order-2", "lostSignal": false})
    };
    let fake = &server.fake;
    fake.publish_news(
        1,
        &json!({"kind": "driver-state", "at": 1_000, "driver": driver(ms())}),
    );
    fake.publish_news(2, &json!({"kind": "weather", "at": 1_000, "rain": true}));
    fake.publish_news(3, &json!("nonsense"));
    fake.publish_news(
        4,
        &json!({"kind": "restaurant", "at": 1_000, "restaurant": restaurant(&ms())}),
    );
    let (event, id, data) = next(&mut screen).await;
    assert_eq!((&*event, id.as_deref()), ("driver-state", Some("1")));
    assert_eq!(data, json!({"at": text(), "driver": driver(text())}));
    let (event, id, data) = next(&mut screen).await;
    assert_eq!((&*event, id.as_deref()), ("restaurant", Some("4")));
    assert_eq!(
        data,
        json!({"at": text(), "restaurant": restaurant(&text())})
    );
}

/// Two hundred drivers at four positions a second would be eight hundred events.
#[tokio::test]
async fn positions_of_all_drivers_come_together_once_a_second() {
    let (server, mut screen) = open().await;
    let fake = &server.fake;
    let position = |at_ms: u64, driver: &str, lat: f64| {
        json!({"kind": "position", "at": at_ms, "driverId": driver, "heading": 90.0,
            "location": {"lat": lat, "lon": 2.0}})
    };
    fake.publish_news(1, &position(1_000, "bo", 1.0));
    let (event, _, first) = next(&mut screen).await;
    let begun = Instant::now();
    assert_eq!(event, "positions");
    assert_eq!(first, json!([["bo", 1.0, 2.0, 90.0, 1_000, null, null]]));
    // The same place, by the driver and by the order, which knows no heading and a version.
    let mut of_order = change(12, "driver");
    of_order["driverLocation"] = json!({"lat": 5.0, "lon": 2.0});
    of_order["at"] = 3_000.into();
    let mut ada = position(3_000, "ada", 5.0);
    ada["orderId"] = "order-1".into();
    for (position, news) in (2..).zip([
        position(2_000, "bo", 2.0),
        position(4_000, "bo", 4.0),
        position(3_000, "bo", 3.0),
        of_order,
        ada,
    ]) {
        fake.publish_news(position, &news);
    }
    let (id, told) = next_named(&mut screen, "positions").await;
    assert!(
        begun.elapsed() >= Duration::from_millis(900),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(id.as_deref(), Some("6"));
    let expected = json!([
        ["ada", 5.0, 2.0, 90.0, 3_000, "order-1", 12],
        ["bo", 4.0, 2.0, 90.0, 4_000, null, null],
    ]);
    assert_eq!(told, expected);
    // Another driver of an order is no position.
    fake.publish_news(7, &change(13, "driver"));
    let (event, id, _) = next(&mut screen).await;
    assert_eq!((&*event, id.as_deref()), ("driver", Some("7")));
}

#[tokio::test]
async fn figures_stock_and_kitchen_come_at_once_and_then_when_they_change() {
    let config = GatewayConfig {
        sse_look_ms: 30,
        ..GatewayConfig::default()
    };
    let server = with_board(config).await;
    let mut screen = Stream::open(&server, FOLLOW).await;
    let now = "2023-11-14T22:13:20.000Z";
    let mut told = Vec::new();
    for _ in 0..3 {
        let (event, id, data) = next(&mut screen).await;
        assert_eq!(id, None, "nobody goes on from {event}");
        told.push((event, data));
    }
    let at = text();
    let expected = [
        ("figures", json!({"at": now, "figures": figures(2, &at)})),
        (
            "kitchen",
            json!({"at": now, "kitchen": kitchen(&at), "chefs": [station(&at)]}),
        ),
        (
            "stock",
            json!({"at": now, "stock": [stock_line("dough", 5, &at)]}),
        ),
    ];
    let expected = expected.map(|(name, data)| (name.to_owned(), data));
    assert_eq!(told, expected);
    let stock = json!([stock_line("basil", 1, &ms()), stock_line("dough", 5, &ms())]);
    server.fake.answers("inventory.stock", Ok(stock));
    let (event, _, data) = next(&mut screen).await;
    // Nothing else has changed, and nothing else is told.
    assert_eq!(event, "stock");
    assert_eq!(data["stock"], json!([stock_line("basil", 1, &at)]));
    server
        .fake
        .answers("restaurant.metrics", Ok(figures(3, &ms())));
    let (event, _, data) = next(&mut screen).await;
    assert_eq!((&*event, &data["figures"]["late"]), ("figures", &json!(3)));
}

/// What people do is seen at once, and not with the next look.
#[tokio::test]
async fn news_of_the_stock_have_it_looked_at() {
    let config = GatewayConfig {
        sse_look_ms: 3_600_000,
        ..GatewayConfig::default()
    };
    let server = with_board(config).await;
    let mut screen = Stream::open(&server, FOLLOW).await;
    next_named(&mut screen, "stock").await;
    let stock = json!([stock_line("dough", 55, &ms())]);
    server.fake.answers("inventory.stock", Ok(stock));
    server
        .fake
        .publish_news(1, &json!({"kind": "stock", "at": 1_000}));
    let (_, data) = next_named(&mut screen, "stock").await;
    assert_eq!(data["stock"][0]["onHand"], 55);
}

/// Whoever has stopped reading is not waited for by the others, also where they were about to look.
#[tokio::test]
async fn who_stops_reading_holds_up_nobody_elses_sights() {
    let config = GatewayConfig {
        sse_look_ms: 20,
        ..GatewayConfig::default()
    };
    let server = with_board(config).await;
    let fake = &server.fake;
    let mut stuck = Stream::open(&server, FOLLOW).await;
    next_named(&mut stuck, "stock").await;
    fake.held.send_replace(true);
    let asked = fake.times_asked("stock");
    fake.has_been_asked_times("stock", asked + 1).await;
    // More than all buffers on the way take: the server waits for this client from now on.
    let mut large = change(1, "status");
    large["note"] = "a".repeat(1 << 20).into();
    for position in 1..=32 {
        fake.publish_news(position, &large);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    fake.held.send_replace(false);
    let mut other = Stream::open(&server, FOLLOW).await;
    let told = next_named(&mut other, "stock");
    let told = tokio::time::timeout(Duration::from_secs(5), told).await;
    told.expect("the stuck screen does not hold up this one");
    drop(stuck);
}

/// Positions wait for their second, and what comes meanwhile does not go out before them: a client that
/// breaks off goes on behind the last event that it has.
#[tokio::test]
async fn whoever_breaks_off_has_missed_no_position() {
    let (server, mut screen) = open().await;
    let at = |lat: f64| {
        json!({"kind": "position", "at": 1_000, "driverId": "bo",
            "location": {"lat": lat, "lon": 2.0}})
    };
    server.fake.publish_news(1, &at(1.0));
    let (event, id, _) = next(&mut screen).await;
    assert_eq!((&*event, id.as_deref()), ("positions", Some("1")));
    server.fake.publish_news(2, &at(2.0));
    server.fake.publish_news(3, &change(7, "status"));
    let (event, id, data) = next(&mut screen).await;
    assert_eq!((&*event, id.as_deref()), ("positions", Some("2")));
    assert_eq!(data[0][1], json!(2.0));
    drop(screen);
    // It has come as far as the positions: what made them go out is still to come.
    let mut screen = Stream::open(&server, &format!("{FOLLOW}\nlast-event-id: 2")).await;
    let (event, id, _) = next(&mut screen).await;
    assert_eq!((&*event, id.as_deref()), ("status", Some("3")));
}
