//! The link of an order: it opens that order to whoever has it, and nothing else.

use std::time::Duration;

use pizza_gateway::{GatewayConfig, Role, Secret, TokenConfig};
use serde_json::{Value, json};

use crate::fake::order;
use crate::sessions::set;
use crate::socket::{Answer, Server};

fn strict() -> GatewayConfig {
    let token = |token: &str, role, subject: &str| TokenConfig {
        token: Secret::from(token),
        role,
        subject: subject.to_owned(),
    };
    GatewayConfig {
        anonymous_on_loopback: false,
        tokens: vec![
            token("ada", Role::Customer, "customer-1"),
            token("bob", Role::Customer, "customer-2"),
            token("roma", Role::Manager, "roma"),
        ],
        ..GatewayConfig::default()
    }
}

async fn furnished() -> Server {
    furnished_with(strict()).await
}

async fn furnished_with(config: GatewayConfig) -> Server {
    let server = Server::with(config).await;
    let found = json!({"ok": order("order-1", "created", 1)});
    for method in ["get", "cancel", "confirm-delivery", "update-status"] {
        server
            .fake
            .answers(&format!("order.{method}"), Ok(found.clone()));
    }
    let step = json!({"version": 1, "at": 1_000, "to": "created"});
    server
        .fake
        .answers("order.timeline", Ok(json!({"ok": [step]})));
    server
}

/// An order, and the key of its link.
async fn ordered(server: &Server, idempotency_key: &str) -> (String, String) {
    let request = format!(
        "POST /api/orders\nauthorization: Bearer ada\nidempotency-key: {idempotency_key}\n\n\
         {{\"customerId\":\"customer-1\",\"pizzaType\":\"M\"}}"
    );
    let answer = server.send(&request).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let told = answer.json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&told["orderId"]), text(&told["trackingKey"]))
}

async fn open(server: &Server, id: &str, key: &str) -> Answer {
    let body = json!({"trackingKey": key});
    let request = format!("POST /api/orders/{id}/session\n\n{body}");
    server.send(&request).await
}

async fn with(server: &Server, cookies: &str, request: &str) -> Answer {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let head = format!("{head}\ncookie: {cookies}");
    server.send_bytes(&head, body.as_bytes()).await
}

#[tokio::test]
async fn a_repeat_is_told_the_same_key_and_each_order_another() {
    let server = furnished().await;
    let (id, key) = ordered(&server, "one").await;
    assert_eq!(ordered(&server, "one").await, (id.clone(), key.clone()));
    let (other, of_other) = ordered(&server, "two").await;
    assert!(other != id && of_other != key);
    assert_eq!(key.len(), 32);
    open(&server, &id, &of_other)
        .await
        .problem(403, "forbidden");
    open(&server, "no-order", &key)
        .await
        .problem(403, "forbidden");
    open(&server, "a%20b", &key)
        .await
        .problem(422, "invalid-id");
    let none = format!("POST /api/orders/{id}/session\n\n{{}}");
    server.send(&none).await.problem(422, "invalid");
}

#[tokio::test]
async fn a_link_opens_its_order_and_nothing_else() {
    let server = furnished().await;
    let (id, key) = ordered(&server, "one").await;
    let opened = open(&server, &id, &key).await;
    assert_eq!(opened.status, 204);
    let (value, attributes) = set(&opened, "pizza_order").expect("a cookie");
    let expected = format!("Path=/api/orders/{id}; Max-Age=604800; HttpOnly; SameSite=Strict");
    assert_eq!(attributes, expected);
    let link = format!("pizza_order={value}");
    let at = format!("/api/orders/{id}");
    for read in [format!("GET {at}"), format!("GET {at}/timeline")] {
        assert_eq!(with(&server, &link, &read).await.status, 200, "{read}");
    }
    for command in ["cancel", "confirm-delivery"] {
        let request = format!("POST {at}/{command}");
        with(&server, &link, &request)
            .await
            .problem(403, "other-origin");
        let ours = format!("{request}\nsec-fetch-site: same-origin");
        assert_eq!(with(&server, &link, &ours).await.status, 200, "{command}");
    }
    let status =
        format!("PUT {at}/status\nsec-fetch-site: same-origin\n\n{{\"status\":\"ready\"}}");
    for other in [
        status.as_str(),
        "GET /api/orders/order-2",
        "GET /api/restaurants",
        "GET /api/restaurants/napoli/menu",
        "GET /metrics",
    ] {
        with(&server, &link, other)
            .await
            .problem(401, "unauthorized");
    }
    let wrong = format!("pizza_order={}", "0".repeat(32));
    let read = format!("GET {at}");
    with(&server, &wrong, &read)
        .await
        .problem(401, "unauthorized");
    // Whoever shows a token is whom it says, and no more.
    let shown = format!("{read}\nauthorization: Bearer bob");
    with(&server, &link, &shown).await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_link_stands_beside_a_session_and_replaces_none() {
    let server = furnished().await;
    let (id, key) = ordered(&server, "one").await;
    let signed_in = server
        .send("POST /api/session\n\n{\"token\":\"roma\"}")
        .await;
    let (session, _) = set(&signed_in, "pizza_session").expect("a cookie");
    let both = format!("pizza_order={key}; pizza_session={session}");
    let of_roma = format!("pizza_session={session}");
    let read = format!("GET /api/orders/{id}");
    with(&server, &of_roma, &read)
        .await
        .problem(403, "forbidden");
    assert_eq!(with(&server, &both, &read).await.status, 200);
    let who = with(&server, &both, "GET /api/session").await.json();
    assert_eq!(
        (&who["role"], &who["subject"]),
        (&json!("manager"), &json!("roma"))
    );
}

#[tokio::test]
async fn the_steps_of_an_order_are_told_with_their_times() {
    let server = furnished().await;
    let request = "GET /api/orders/order-1/timeline\nauthorization: Bearer ada";
    let told = server.send(request).await.json();
    let step = json!({"version": 1, "at": "1970-01-01T00:00:01.000Z", "to": "created"});
    assert_eq!(told, json!({"orderId": "order-1", "steps": [step]}));
}

/// Whoever asks too often by what they are does not go on by a link that they have beside it.
#[tokio::test]
async fn a_link_lifts_no_limit() {
    let server = furnished_with(GatewayConfig {
        rate_per_second: 1,
        rate_burst: 3,
        ..strict()
    })
    .await;
    let (id, key) = ordered(&server, "one").await;
    let opened = open(&server, &id, &key).await;
    let (link, _) = set(&opened, "pizza_order").expect("a cookie");
    let signed_in = server
        .send("POST /api/session\n\n{\"token\":\"roma\"}")
        .await;
    let (session, _) = set(&signed_in, "pizza_session").expect("a cookie");
    let both = format!("pizza_session={session}; pizza_order={link}");
    let read = format!("GET /api/orders/{id}");
    let mut said = Vec::new();
    for _ in 0..5 {
        said.push(with(&server, &both, &read).await.status);
    }
    assert_eq!((said[0], said[4]), (200, 429), "{said:?}");
}

#[tokio::test]
async fn an_order_that_is_made_waits_for_no_key() {
    let server = furnished().await;
    server.fake.keys_held.send_replace(true);
    let order = "POST /api/orders\nauthorization: Bearer ada\n\n\
        {\"customerId\":\"customer-1\",\"pizzaType\":\"M\"}";
    let made = tokio::time::timeout(Duration::from_secs(4), server.send(order));
    let made = made.await.expect("in time");
    assert_eq!(made.status, 201, "{made:?}");
    assert!(made.json().get("trackingKey").is_none(), "{made:?}");
    server.fake.keys_held.send_replace(false);
    let (_, key) = ordered(&server, "later").await;
    assert!(!key.is_empty());
}
