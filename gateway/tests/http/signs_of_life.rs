//! What streams say when nothing happens, and that they end with the session that opened them.

use std::sync::atomic::Ordering;

use pizza_gateway::{GatewayConfig, Role, Secret, TokenConfig};
use serde_json::{Value, json};

use crate::fake::order;
use crate::sessions::set;
use crate::socket::{Connection, Server};
use crate::stop::{carried, of_driver};

const FOLLOW: &str = "GET /api/dashboard/r/stream";

fn hasty() -> GatewayConfig {
    GatewayConfig {
        sse_time_ms: 20,
        tokens: vec![TokenConfig {
            token: Secret::from("of-r"),
            role: Role::Manager,
            subject: "r".to_owned(),
        }],
        ..GatewayConfig::default()
    }
}

async fn open(server: &Server, request: &str) -> Connection {
    let mut connection = server.connect().await;
    connection.write(request, b"").await;
    let head = connection.read_head().await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    connection
}

/// The data of the next sign of life.
async fn sign(stream: &mut Connection) -> Value {
    loop {
        let chunk = stream.chunk().await.expect("a chunk");
        if let Some(rest) = chunk.strip_prefix("event: time\n") {
            assert!(!rest.contains("id:"), "nobody goes on from it: {chunk:?}");
            let data = rest.strip_prefix("data: ").expect("data");
            return serde_json::from_str(data.trim_end()).expect("JSON");
        }
    }
}

#[tokio::test]
async fn every_stream_says_that_it_lives_and_how_far_it_has_come() {
    let server = Server::with(hasty()).await;
    server.fake.publish_to_restaurant(1, "preparing");
    let mut screen = open(&server, FOLLOW).await;
    let expected = json!({"at": "2023-11-14T22:13:20.000Z", "position": 1, "version": "0.1.0"});
    assert_eq!(sign(&mut screen).await, expected);
    server.fake.elapsed_ms.store(1_500, Ordering::Relaxed);
    server.fake.publish_to_restaurant(2, "baking");
    // One may be on its way already.
    let mut told = sign(&mut screen).await;
    while told["position"] != 2 {
        told = sign(&mut screen).await;
    }
    assert_eq!(told["at"], "2023-11-14T22:13:21.500Z");
    let found = json!({"ok": order("order-1", "created", 1)});
    server.fake.answers("order.get", Ok(found));
    let mut track = open(&server, "GET /api/orders/order-1/track?lastEventId=2").await;
    assert_eq!(sign(&mut track).await["position"], 2);
}

#[tokio::test]
async fn a_stream_ends_with_the_session_that_opened_it() {
    let server = Server::with(GatewayConfig {
        anonymous_on_loopback: false,
        ..hasty()
    })
    .await;
    let signed_in = server
        .send("POST /api/session\n\n{\"token\":\"of-r\"}")
        .await;
    let (cookie, _) = set(&signed_in, "pizza_session").expect("a cookie");
    let request = format!("{FOLLOW}\ncookie: pizza_session={cookie}");
    let mut screen = open(&server, &request).await;
    sign(&mut screen).await;
    server
        .fake
        .elapsed_ms
        .store(13 * 3_600_000, Ordering::Relaxed);
    while let Some(chunk) = screen.chunk().await {
        assert!(!chunk.contains("event: status"), "{chunk}");
    }
    server.send(&request).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn no_sign_of_life_is_ahead_of_what_was_sent() {
    let server = Server::with(GatewayConfig {
        // Long enough for the event to be made before the next sign.
        sse_time_ms: 200,
        tokens: vec![of_driver()],
        ..GatewayConfig::default()
    })
    .await;
    server
        .fake
        .answers("order.get", Ok(json!({"ok": carried()})));
    server.fake.publish(1, "status", "preparing");
    let request = "GET /api/orders/order-1/track\nauthorization: Bearer of-driver";
    let mut track = open(&server, request).await;
    while sign(&mut track).await["position"] != 1 {}
    server.fake.held.send_replace(true);
    let asked = server.fake.times_asked("get");
    // Before the event goes out its driver's right is asked for, and so it is for a sign of life.
    server.fake.publish(2, "status", "outForDelivery");
    server.fake.has_been_asked_times("get", asked + 2).await;
    server.fake.held.send_replace(false);
    let (mut sent, mut told) = (1, 0);
    while told < 2 {
        let chunk = track.chunk().await.expect("a chunk");
        if let Some((_, id)) = chunk.split_once("id: ") {
            let id = id.lines().next().unwrap_or_default();
            sent = id.parse().expect("a position");
        } else if let Some((_, data)) = chunk.split_once("data: ") {
            let data: Value = serde_json::from_str(data.trim_end()).expect("JSON");
            told = data["position"].as_u64().expect("a position");
            assert!(told <= sent, "{told} is told, and {sent} was sent");
        }
    }
}
