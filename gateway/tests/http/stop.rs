//! How the gateway stops.

use std::time::{Duration, Instant};

use pizza_gateway::{GatewayConfig, Role, Secret, TokenConfig};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::fake::order;
use crate::socket::Server;

/// The token of a driver, and the order that they carry: whose it is may change, so that a stream
/// of it asks again.
pub(crate) fn of_driver() -> TokenConfig {
    TokenConfig {
        token: Secret::from("of-driver"),
        role: Role::Driver,
        subject: "driver-1".to_owned(),
    }
}

pub(crate) fn carried() -> Value {
    let mut carried = order("order-1", "outForDelivery", 1);
    carried["driverId"] = "driver-1".into();
    carried
}

#[tokio::test]
async fn requests_finish_streams_end_and_nothing_new_is_taken() {
    let mut server = Server::start().await;
    let baking = order("order-1", "baking", 5);
    server.fake.answers("order.get", Ok(json!({"ok": baking})));
    server.fake.answers("x.method", Ok(json!("done")));
    let mut stream = server.connect().await;
    stream.write("GET /api/orders/order-1/track", b"").await;
    stream.read_head().await;
    let opening = stream.chunk().await.expect("where to go on");
    assert!(opening.starts_with("retry: "), "{opening}");
    let mut idle = server.connect().await;
    idle.write("GET /health/live", b"").await;
    idle.read().await;

    server.fake.held.send_replace(true);
    let mut slow = server.connect().await;
    slow.write("POST /api/actors/x/y/method", b"[]").await;
    server.fake.has_been_asked("method").await;
    server.begin_to_stop();
    assert_eq!(stream.chunk().await, None, "the stream ends properly");
    assert!(idle.ends_within(Duration::from_secs(1)).await);
    // By now it stops, and the answer is still to come.
    server.fake.held.send_replace(false);
    let answer = slow.read().await;
    assert_eq!((answer.status, answer.json()), (200, Value::from("done")));
    let address = server.address;
    server.stopped().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_stream_that_asks_for_its_rights_holds_nothing_up() {
    let mut server = Server::with(GatewayConfig {
        sse_time_ms: 10,
        tokens: vec![of_driver()],
        ..GatewayConfig::default()
    })
    .await;
    server
        .fake
        .answers("order.get", Ok(json!({"ok": carried()})));
    let mut stream = server.connect().await;
    let request = "GET /api/orders/order-1/track\nauthorization: Bearer of-driver";
    stream.write(request, b"").await;
    stream.read_head().await;
    let opening = stream.chunk().await.expect("where to go on");
    assert!(opening.starts_with("retry: "), "{opening}");
    server.fake.held.send_replace(true);
    // By a sign of life, for nothing else happens: it asks whose the order is.
    let asked = server.fake.times_asked("get");
    server.fake.has_been_asked_times("get", asked + 1).await;
    server.begin_to_stop();
    while stream.chunk().await.is_some() {}
    server.stopped().await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_cut_off() {
    let mut server = Server::with(GatewayConfig {
        drain_ms: 100,
        ..GatewayConfig::default()
    })
    .await;
    server.fake.held.send_replace(true);
    let mut slow = server.connect().await;
    slow.write("POST /api/actors/x/y/method", b"[]").await;
    server.fake.has_been_asked("method").await;
    let begun = Instant::now();
    server.begin_to_stop();
    server.stopped().await;
    assert!(begun.elapsed() < Duration::from_secs(2));
}
