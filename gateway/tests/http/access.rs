//! Who may do what, how often, and under which condition.

use pizza_gateway::{GatewayConfig, Role, Secret, TokenConfig};
use serde_json::json;

use crate::fake::order;
use crate::socket::{Answer, Server};

fn strict() -> GatewayConfig {
    let token = |token: &str, role, subject: &str| TokenConfig {
        token: Secret::from(token),
        role,
        subject: subject.to_owned(),
    };
    GatewayConfig {
        anonymous_on_loopback: false,
        rate_per_second: 0,
        tokens: vec![
            token("customer", Role::Customer, "customer-1"),
            token("other", Role::Customer, "customer-2"),
            token("driver", Role::Driver, "driver-1"),
            token("kitchen", Role::Kitchen, "napoli"),
            token("manager", Role::Manager, "napoli"),
            token("elsewhere", Role::Manager, "roma"),
            token("admin", Role::Admin, ""),
        ],
        ..GatewayConfig::default()
    }
}

/// Everything that the endpoints below ask for is there.
async fn furnished(config: GatewayConfig) -> Server {
    let server = Server::with(config).await;
    let mut of_driver = order("order-1", "ready", 3);
    of_driver["driverId"] = "driver-1".into();
    for method in [
        "get",
        "update-status",
        "assign-driver",
        "cancel",
        "confirm-delivery",
    ] {
        let name = format!("order.{method}");
        server
            .fake
            .answers(&name, Ok(json!({"ok": of_driver.clone()})));
    }
    let driver = json!({"driverId": "driver-1", "status": "busy", "delivered": 0,
        "lostSignal": false, "restaurantId": "napoli"});
    let known = json!({"ok": driver});
    // Whose they are, and what is shown of them.
    server.fake.answers("driver.get", Ok(known.clone()));
    server.fake.answers("driver.duty", Ok(known));
    let day = json!({"driverId": "driver-1", "begin": 0, "deliveries": 0, "metres": 0});
    server.fake.answers("driver.day", Ok(json!({"ok": day})));
    server
        .fake
        .answers("driver.cannot-deliver", Ok(json!({"ok": driver})));
    server
        .fake
        .answers("driver.set-status", Ok(json!({"ok": driver})));
    let kitchen = json!({"kitchenId": "napoli", "pending": 0, "active": 0,
        "availableChefs": 0, "ovens": [], "alerts": []});
    server.fake.answers("kitchen.status", Ok(kitchen));
    server.fake.answers("inventory.stock", Ok(json!([])));
    server
        .fake
        .answers("inventory.restock", Ok(json!({"ok": []})));
    server.fake.answers("inventory.menu", Ok(json!([])));
    server.fake.answers("restaurant.orders", Ok(json!([])));
    server.fake.answers("restaurant.drivers", Ok(json!([])));
    server
}

async fn with(server: &Server, token: &str, request: &str) -> Answer {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let head = format!("{head}\nauthorization: Bearer {token}");
    server.send_bytes(&head, body.as_bytes()).await
}

#[tokio::test]
async fn whoever_is_unknown_is_asked_for_a_token() {
    let server = furnished(strict()).await;
    for request in [
        "GET /api/orders/order-1",
        "GET /api/orders/order-1\nauthorization: Bearer wrong",
        "GET /api/orders/order-1\nauthorization: Bearer ",
        "GET /api/orders/order-1\nauthorization: Basic YWRtaW46YWRtaW4=",
        "GET /metrics",
        "POST /api/actors/order/order-1/get",
        // Before anything else about the request is told.
        "GET /api/orders/a%2Fb",
    ] {
        let answer = server.send(request).await;
        answer.problem(401, "unauthorized");
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer"),
            "{request}"
        );
    }
    for request in ["GET /health/live", "GET /openapi.json", "GET /docs/"] {
        assert_eq!(server.send(request).await.status, 200, "{request}");
    }
    server.send("GET /nothing").await.problem(404, "not-found");
}

#[tokio::test]
async fn on_loopback_nobody_needs_a_token_unless_a_proxy_speaks() {
    let open = GatewayConfig {
        anonymous_on_loopback: true,
        ..strict()
    };
    let server = furnished(open).await;
    let read = "GET /api/orders/order-1";
    assert_eq!(server.send(read).await.status, 200);
    for header in [
        "x-forwarded-for: 203.0.113.9",
        "x-forwarded-proto: https",
        "forwarded: for=203.0.113.9",
        "via: 1.1 relay",
        "x-real-ip: 203.0.113.9",
        "cf-connecting-ip: 203.0.113.9",
    ] {
        let answer = server.send(&format!("{read}\n{header}")).await;
        answer.problem(401, "unauthorized");
    }
    // Anybody who shows a token is who it says, and no more.
    with(&server, "wrong", read)
        .await
        .problem(401, "unauthorized");
    with(&server, "other", read).await.problem(403, "forbidden");
}

const CREATE: &str = "POST /api/orders\n\n{\"customerId\":\"customer-1\",\"pizzaType\":\"M\"}";

/// A request, and who of all may make it.
const TABLE: &[(&str, &[&str])] = &[
    (CREATE, &["customer", "manager"]),
    (
        "GET /api/orders/order-1",
        &["customer", "driver", "kitchen", "manager"],
    ),
    (
        "PUT /api/orders/order-1/status\n\n{\"status\":\"ready\"}",
        &["kitchen"],
    ),
    (
        "POST /api/orders/order-1/assign-driver\n\n{\"driverId\":\"driver-1\"}",
        &["manager"],
    ),
    ("POST /api/orders/order-1/cancel", &["customer", "manager"]),
    (
        "POST /api/orders/order-1/confirm-delivery",
        &["customer", "driver", "manager"],
    ),
    ("GET /api/kitchen/napoli/status", &["kitchen", "manager"]),
    ("GET /api/inventory/napoli", &["kitchen", "manager"]),
    (
        "PUT /api/inventory/napoli/stock\n\n{\"amounts\":[]}",
        &["manager"],
    ),
    ("GET /api/drivers/driver-1/status", &["driver", "manager"]),
    ("GET /api/drivers/driver-1/day", &["driver", "manager"]),
    (
        "POST /api/drivers/driver-1/cannot-deliver\n\n{\"reason\":\"other\"}",
        &["driver"],
    ),
    (
        "PUT /api/drivers/driver-1/status\n\n{\"status\":\"offline\"}",
        &["driver"],
    ),
    (
        "GET /api/restaurants/napoli/menu",
        &[
            "customer",
            "other",
            "driver",
            "kitchen",
            "manager",
            "elsewhere",
        ],
    ),
    (
        "GET /api/restaurants/napoli/orders",
        &["kitchen", "manager"],
    ),
    ("GET /api/restaurants/napoli/drivers", &["manager"]),
    ("POST /api/actors/inventory/napoli/menu", &[]),
];

#[tokio::test]
async fn each_role_may_do_its_own() {
    let server = furnished(strict()).await;
    for (request, allowed) in TABLE {
        for token in strict().tokens {
            let name = token.token.into_exposed();
            let answer = with(&server, &name, request).await;
            if name == "admin" || allowed.contains(&&*name) {
                assert!(
                    (200..300).contains(&answer.status),
                    "{name}: {request}: {answer:?}"
                );
            } else {
                answer.problem(403, "forbidden");
            }
        }
    }
}

#[tokio::test]
async fn nobody_orders_in_anothers_name() {
    let server = furnished(strict()).await;
    let for_other = CREATE.replace("customer-1", "customer-2");
    let problem = with(&server, "customer", &for_other)
        .await
        .problem(403, "forbidden");
    let detail = problem["detail"].as_str().expect("text");
    assert!(
        detail.contains("customer-2") && detail.contains("customer-1"),
        "{detail}"
    );
    assert!(
        server.fake.calls.lock().expect("unpoisoned").is_empty(),
        "no actor was asked"
    );
}

#[tokio::test]
async fn whoever_asks_too_fast_is_told_when_to_come_back() {
    let config = GatewayConfig {
        rate_per_second: 1,
        rate_burst: 3,
        ..strict()
    };
    let server = furnished(config).await;
    let read = "GET /api/orders/order-1";
    for _ in 0..3 {
        assert_eq!(with(&server, "customer", read).await.status, 200);
    }
    let refused = with(&server, "customer", read).await;
    refused.problem(429, "too-fast");
    let wait: u64 = refused
        .header("retry-after")
        .and_then(|wait| wait.parse().ok())
        .expect("seconds");
    assert_eq!(wait, 1);
    // Others are not held up by it, and anybody who may do everything may do so at once.
    assert_eq!(with(&server, "driver", read).await.status, 200);
    for _ in 0..20 {
        assert_eq!(with(&server, "admin", read).await.status, 200);
    }
}

#[tokio::test]
async fn a_key_names_the_request_of_one_holder() {
    let server = furnished(strict()).await;
    let keyed = |customer: &str| {
        let request = CREATE.replace("customer-1", customer);
        request.replace("orders\n", "orders\nidempotency-key: 1\n")
    };
    let mut ids = Vec::new();
    for (token, customer) in [("customer", "customer-1"), ("other", "customer-2")] {
        let answer = with(&server, token, &keyed(customer)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        ids.push(server.fake.last().id);
    }
    assert_ne!(ids[0], ids[1]);
    let again = with(&server, "customer", &keyed("customer-1")).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
}

#[tokio::test]
async fn a_command_may_be_for_one_version() {
    let server = furnished(strict()).await;
    let cancel = |tag: &str| format!("POST /api/orders/order-1/cancel\nif-match: {tag}");
    for (tag, arguments) in [("\"3\"", json!({"expected": 3})), ("*", json!({}))] {
        let answer = with(&server, "admin", &cancel(tag)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(server.fake.last().arguments, arguments);
    }
    // What has no version, or another kind of tag, is matched by nothing.
    for tag in ["\"three\"", "W/\"3\"", "\"\""] {
        with(&server, "admin", &cancel(tag))
            .await
            .problem(412, "stale");
    }
    for tag in ["3", "", "\"", "\"3\", \"4\""] {
        with(&server, "admin", &cancel(tag))
            .await
            .problem(400, "malformed");
    }
    let unversioned = "GET /api/kitchen/napoli/status\nif-match: \"1\"";
    with(&server, "admin", unversioned)
        .await
        .problem(412, "stale");
    let read = "GET /api/orders/order-1\nif-match: \"2\"";
    with(&server, "admin", read).await.problem(412, "stale");

    server
        .fake
        .answers("order.cancel", Ok(json!({"err": {"stale": 4}})));
    let problem = with(&server, "admin", &cancel("\"3\""))
        .await
        .problem(412, "stale");
    assert_eq!(problem["version"], 4);
}
