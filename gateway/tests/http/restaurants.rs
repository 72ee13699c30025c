//! What a restaurant's lists and figures ask for, and how they are told.

use pizza_types::CallError;
use serde_json::{Value, json};

use crate::socket::Server;

/// What the endpoint asks of `restaurant/r`, and what it tells of the answer.
async fn check(request: &str, method: &str, arguments: Value, answer: Value, told: Value) {
    let server = Server::start().await;
    server
        .fake
        .answers(&format!("restaurant.{method}"), Ok(answer));
    let answer = server.send(request).await;
    assert_eq!((answer.status, answer.json()), (200, told), "{request}");
    let sent = server.fake.last();
    assert_eq!((&*sent.target, &*sent.method), ("restaurant/r", method));
    assert_eq!(sent.arguments, arguments, "{request}");
}

fn line(created_at: Value) -> Value {
    json!({"orderId": "order-1", "customerId": "c", "status": "ready", "totalCents": 890,
        "createdAt": created_at, "late": false, "cursor": "here"})
}

#[tokio::test]
async fn orders_are_paged_by_a_cursor() {
    let line_of_actor = line(json!(0));
    let told = line(json!("1970-01-01T00:00:00.000Z"));
    check(
        "GET /api/restaurants/r/orders?state=ready&after=there&limit=1",
        "orders",
        json!({"status": "ready", "after": "there", "limit": 1}),
        json!([line_of_actor]),
        json!({"restaurantId": "r", "orders": [told], "next": "here"}),
    )
    .await;
    check(
        "GET /api/restaurants/r/orders?limit=9999",
        "orders",
        json!({"limit": 200}),
        json!([line_of_actor]),
        json!({"restaurantId": "r", "orders": [told]}),
    )
    .await;
}

#[tokio::test]
async fn figures_are_told_with_their_times() {
    let period = |start: Value| {
        json!({"start": start, "orders": 3, "delivered": 2, "cancelled": 1, "rejected": 0,
            "revenueCents": 1780, "averageDeliveryMs": 60_000})
    };
    let (ms, text) = (json!(0), json!("1970-01-01T00:00:00.000Z"));
    check(
        "GET /api/restaurants/r/history?by=day&limit=7",
        "days",
        json!({"limit": 7}),
        json!([period(ms.clone())]),
        json!({"restaurantId": "r", "periods": [period(text.clone())]}),
    )
    .await;
    let figures = |start: &Value| {
        json!({"restaurantId": "r", "active": [{"status": "ready", "count": 1}],
            "waitingForDriver": 1, "drivers": [], "lowStock": ["basil"],
            "lastHour": period(start.clone()), "lastDay": period(start.clone())})
    };
    check(
        "GET /api/restaurants/r/metrics",
        "metrics",
        json!([]),
        figures(&ms),
        figures(&text),
    )
    .await;
    let driver = |at: Value| {
        json!({"driverId": "d", "status": "busy", "locatedAt": at, "lostSignal": true,
            "location": {"lat": 1.0, "lon": 2.0}, "orderId": "order-1"})
    };
    check(
        "GET /api/restaurants/r/drivers",
        "drivers",
        json!([]),
        json!([driver(ms)]),
        json!({"restaurantId": "r", "drivers": [driver(text)]}),
    )
    .await;
}

#[tokio::test]
async fn restaurants_are_listed_page_by_page() {
    let server = Server::start().await;
    let restaurant = json!({"ok": {"restaurantId": "r", "openedAt": 0,
        "profile": {"name": "R"}}});
    server.fake.answers("restaurant.get", Ok(restaurant));
    let page = server.send("GET /api/restaurants?limit=2").await.json();
    assert_eq!(page["next"], "roma");
    let told = json!({"restaurantId": "r", "openedAt": "1970-01-01T00:00:00.000Z",
        "profile": {"name": "R"}});
    assert_eq!(page["restaurants"], json!([told.clone(), told.clone()]));
    let rest = server.send("GET /api/restaurants?limit=2&after=roma").await;
    assert_eq!(rest.json(), json!({"restaurants": [told]}));
    assert_eq!(server.fake.last().target, "restaurant/torino");
    // Asked for once, but never set up.
    let unknown = json!({"err": {"notFound": "there is no restaurant"}});
    server.fake.answers("restaurant.get", Ok(unknown));
    let none = server.send("GET /api/restaurants").await;
    assert_eq!(none.json(), json!({"restaurants": []}));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused() {
    let server = Server::start().await;
    for path in [
        "history?by=year",
        "history?limit=many",
        "orders?limit=-1",
        "orders?colour=red",
    ] {
        let answer = server.send(&format!("GET /api/restaurants/r/{path}")).await;
        assert_eq!(answer.status, 400, "{path}");
    }
}

#[tokio::test]
async fn one_that_fails_is_marked_beside_the_others_and_listed_without_figures() {
    let server = Server::start().await;
    let fake = &server.fake;
    let failed = || {
        Err(CallError::Failed {
            bound: "fuel".into(),
            detail: "it ran for too long".to_owned(),
        })
    };
    let figures = json!({"active": [{"status": "ready", "count": 2}], "late": 1});
    fake.answers("restaurant.metrics", Ok(figures));
    fake.answers("restaurant.metrics/napoli", failed());
    fake.answers("restaurant.get/roma", failed());
    let profile = json!({"ok": {"restaurantId": "x", "openedAt": 0, "profile": {"name": "X"}}});
    fake.answers("restaurant.get", Ok(profile));
    let all = server.send("GET /api/restaurants?mine=true").await.json();
    let told = json!({"restaurantId": "x", "openedAt": "1970-01-01T00:00:00.000Z",
        "profile": {"name": "X"}});
    let mut torino = told.clone();
    torino["underWay"] = 2.into();
    torino["late"] = 1.into();
    let failing = json!([{"id": "roma", "code": "actor-failed"}]);
    let expected = json!({"restaurants": [told, torino], "failing": failing});
    assert_eq!(all, expected);
    // As people write it; what is neither yes nor no is neither.
    for (query, status) in [
        ("mine", 200),
        ("mine=", 200),
        ("mine=1", 400),
        ("mine=True", 400),
    ] {
        let answer = server.send(&format!("GET /api/restaurants?{query}")).await;
        assert_eq!(answer.status, status, "{query}");
        if status == 200 {
            assert_eq!(answer.json(), expected, "{query}");
        }
    }
    let not = server.send("GET /api/restaurants?mine=false").await.json();
    assert!(not["restaurants"][0].get("underWay").is_none(), "{not}");
    // Where all of them do, it is no matter of one.
    fake.answers("restaurant.get", failed());
    let none = server.send("GET /api/restaurants").await;
    none.problem(500, "actor-failed");
}
