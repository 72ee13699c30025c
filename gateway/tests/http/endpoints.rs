//! What each endpoint asks of which actor, and what it tells of the answer.

use serde_json::{Value, json};

use crate::fake::order;
use crate::socket::Server;

/// A request; the call that it becomes; the actor's answer; what is told of it.
pub(crate) struct Case {
    pub(crate) request: &'static str,
    pub(crate) call: (&'static str, &'static str, Value),
    pub(crate) answer: Value,
    pub(crate) told: Value,
}

pub(crate) async fn check(cases: Vec<Case>) {
    let server = Server::start().await;
    for case in cases {
        let (target, method, arguments) = case.call;
        let actor_type = target.split('/').next().expect("a type");
        let name = format!("{actor_type}.{method}");
        server.fake.answers(&name, Ok(case.answer));
        let answer = server.send(case.request).await;
        assert_eq!(
            (answer.status, answer.json()),
            (200, case.told),
            "{}",
            case.request
        );
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("x-durability"), Some("fsync"));
        let sent = server.fake.last();
        assert_eq!(
            (&*sent.target, &*sent.method),
            (target, method),
            "{}",
            case.request
        );
        assert_eq!(sent.arguments, arguments, "{}", case.request);
    }
}

/// As [`order`], the way clients see it.
fn told(status: &str, version: u64) -> Value {
    let mut told = order("order-1", status, version);
    told["createdAt"] = "2023-11-14T22:13:20.000Z".into();
    told["updatedAt"] = "2023-11-14T22:13:20.123Z".into();
    told["estimatedDeliveryAt"] = "2023-11-14T22:58:20.000Z".into();
    told
}

#[tokio::test]
async fn commands_to_an_order() {
    let case = |request, method, arguments, status| Case {
        request,
        call: ("order/order-1", method, arguments),
        answer: json!({"ok": order("order-1", status, 3)}),
        told: told(status, 3),
    };
    check(vec![
        case("GET /api/orders/order-1", "get", json!([]), "baking"),
        case(
            "PUT /api/orders/order-1/status\n\n{\"status\":\"outForDelivery\"}",
            "update-status",
            json!({"status": "outForDelivery"}),
            "outForDelivery",
        ),
        case(
            "PUT /api/orders/order-1/status\n\n{\"status\":\"baking\",\"from\":\"preparing\"}",
            "update-status",
            json!({"status": "baking", "from": "preparing"}),
            "baking",
        ),
        case(
            "POST /api/orders/order-1/assign-driver\n\n{\"driverId\":\"driver-1\"}",
            "assign-driver",
            json!({"driverId": "driver-1"}),
            "ready",
        ),
        case(
            "POST /api/orders/order-1/cancel",
            "cancel",
            json!({}),
            "cancelled",
        ),
        case(
            "POST /api/orders/order-1/cancel\n\n{\"reason\":\"no \\\"hunger\\\"\"}",
            "cancel",
            json!({"reason": "no \"hunger\""}),
            "cancelled",
        ),
        case(
            "POST /api/orders/order-1/confirm-delivery\n\n{}",
            "confirm-delivery",
            json!({}),
            "delivered",
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_order_is_created_in_two_forms() {
    let long = "POST /api/orders\n\n{\"customerId\":\"c\",\"restaurantId\":\"roma\",\
        \"items\":[{\"pizzaType\":\"Diavola\",\"quantity\":2}],\
        \"deliveryAddress\":\"Via 1\",\"deliveryLocation\":{\"lat\":41.9,\"lon\":12.5},\
        \"customerName\":\"Ada\",\"note\":\"no olives\",\"phone\":\"081 1\"}";
    let short = "POST /api/orders\n\n{\"customerId\":\"c\",\"pizzaType\":\"Margherita\"}";
    let server = Server::start().await;
    for (request, arguments) in [
        (
            long,
            json!({"order": {"customerId": "c", "restaurantId": "roma",
                "items": [{"pizzaType": "Diavola", "quantity": 2}],
                "deliveryAddress": "Via 1", "deliveryLocation": {"lat": 41.9, "lon": 12.5},
                "customerName": "Ada", "note": "no olives", "phone": "081 1"}}),
        ),
        (
            short,
            json!({"order": {"customerId": "c", "restaurantId": "napoli",
                "items": [{"pizzaType": "Margherita", "quantity": 1}]}}),
        ),
    ] {
        let answer = server.send(request).await;
        let sent = server.fake.last();
        assert_eq!(sent.arguments, arguments);
        let id = sent.target.strip_prefix("order/").expect("an order");
        let hex = id.strip_prefix("order-").expect("its prefix");
        assert!(
            hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()),
            "{id}"
        );
        assert_eq!(
            (answer.status, &answer.json()["orderId"]),
            (201, &json!(id))
        );
        let location = format!("/api/orders/{id}");
        assert_eq!(answer.header("location"), Some(&*location));
    }
}

#[tokio::test]
async fn an_order_that_cannot_be_made_names_alternatives() {
    let server = Server::start().await;
    let mut rejected = order("order-1", "rejected", 1);
    rejected["rejection"] = json!({
        "reason": "outOfStock", "message": "no dough is left",
        "missing": [{"ingredient": "dough", "quantity": 1}], "alternatives": ["Salad"],
    });
    server
        .fake
        .answers("order.create", Ok(json!({"ok": rejected})));
    let short = "POST /api/orders\n\n{\"customerId\":\"c\",\"pizzaType\":\"Margherita\"}";
    let problem = server.send(short).await.problem(409, "rejected");
    assert_eq!(problem["detail"], "no dough is left");
    assert_eq!(problem["reason"], "outOfStock");
    assert_eq!(
        problem["missing"],
        json!([{"ingredient": "dough", "quantity": 1}])
    );
    assert_eq!(problem["alternatives"], json!(["Salad"]));
    assert_eq!(problem["orderId"], "order-1");
}

#[tokio::test]
async fn an_order_known_to_the_client_is_not_sent_again() {
    let server = Server::start().await;
    let known = order("order-1", "baking", 3);
    server.fake.answers("order.get", Ok(json!({"ok": known})));
    for (tags, expected) in [
        ("\"3\"", 304),
        ("W/\"3\"", 304),
        ("\"2\", \"3\"", 304),
        ("*", 304),
        ("\"2\"", 200),
        ("3", 200),
    ] {
        let request = format!("GET /api/orders/order-1\nif-none-match: {tags}");
        let answer = server.send(&request).await;
        assert_eq!(answer.status, expected, "{tags}");
        assert_eq!(answer.header("etag"), Some("\"3\""));
    }
}

#[tokio::test]
async fn a_driver_and_a_restaurant() {
    let driver = |at: Value| {
        json!({"driverId": "d", "status": "busy", "location": {"lat": 1.5, "lon": 2.0},
            "locatedAt": at, "motion": {"speed": 9.5}, "orderId": "order-1", "delivered": 4, "restaurantId": "r",
            "offer": {"orderId": "order-2", "restaurantId": "r", "expiresAt": at,
                "pickUp": {"lat": 1.0, "lon": 2.0}}, "lostSignal": false})
    };
    let (ms, text) = (
        driver(json!(1_000)),
        driver(json!("1970-01-01T00:00:01.000Z")),
    );
    let case = |request, method, arguments| Case {
        request,
        call: ("driver/d", method, arguments),
        answer: json!({"ok": ms}),
        told: text.clone(),
    };
    let located = json!({"location": {"lat": 1.5, "lon": 2.0}, "at": 1_000});
    let restaurant = |at: Value| json!({"restaurantId": "r", "profile": {}, "openedAt": at});
    check(vec![
        case(
            "PUT /api/drivers/d/status\n\n{\"status\":\"busy\"}",
            "set-status",
            json!({"status": "busy"}),
        ),
        case(
            "POST /api/drivers/d/location\n\n{\"lat\":1.5,\"lon\":2.0,\"timestamp\":1000}",
            "update-location",
            located,
        ),
        case(
            "POST /api/drivers/d/location\n\n{\"lat\":1.5,\"lon\":2.0,\"speed\":9.5,\"timestamp\":\"1970-01-01T00:00:01Z\"}",
            "update-location",
            json!({"location": {"lat": 1.5, "lon": 2.0}, "at": 1_000, "motion": {"speed": 9.5}}),
        ),
        case(
            "POST /api/drivers/d/accept\n\n{\"orderId\":\"order-2\"}",
            "accept",
            json!({"orderId": "order-2"}),
        ),
        case(
            "POST /api/drivers/d/reject\n\n{\"orderId\":\"order-2\"}",
            "reject",
            json!({"orderId": "order-2"}),
        ),
        case("POST /api/drivers/d/picked-up", "picked-up", json!({})),
        case("POST /api/drivers/d/delivered\n\n{}", "delivered", json!({})),
        case(
            "POST /api/drivers/d/delivered\n\n{\"orderId\":\"order-1\"}",
            "delivered",
            json!({"orderId": "order-1"}),
        ),
        case(
            "POST /api/drivers/d/cannot-deliver\n\n{\"reason\":\"nobody\"}",
            "cannot-deliver",
            json!({"reason": "nobody"}),
        ),
        case(
            "POST /api/drivers/d/location\n\n[{\"lat\":1.5,\"lon\":2.0,\"timestamp\":1000},{\"lat\":1.5,\"lon\":2.5,\"heading\":9,\"timestamp\":2000}]",
            "update-locations",
            json!({"fixes": [{"location": {"lat": 1.5, "lon": 2.0}, "at": 1_000},
                {"location": {"lat": 1.5, "lon": 2.5}, "at": 2_000, "motion": {"heading": 9.0}}]}),
        ),
        Case {
            request: "GET /api/restaurants/r",
            call: ("restaurant/r", "get", json!([])),
            answer: json!({"ok": restaurant(json!(1_000))}),
            told: restaurant(json!("1970-01-01T00:00:01.000Z")),
        },
    ])
    .await;
}

#[tokio::test]
async fn the_generic_door_hands_on_what_it_gets() {
    let case = |request, arguments| Case {
        request,
        call: ("x/y", "do-it", arguments),
        answer: json!({"ok": [1, {"a": null}]}),
        told: json!({"ok": [1, {"a": null}]}),
    };
    check(vec![
        case("POST /api/actors/x/y/do-it", json!([])),
        case("POST /api/actors/x/y/do-it\n\n{\"a\": 1}", json!({"a": 1})),
    ])
    .await;
    let server = Server::start().await;
    server.fake.answers("x.nothing", Ok(Value::Null));
    let answer = server.send("POST /api/actors/x/y/nothing").await;
    assert_eq!((answer.status, &*answer.body), (204, ""));
    let request = "POST /api/actors/x/y/nothing\ntraceparent: \
        00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    server.send(request).await;
    let trace = server.fake.last().trace;
    assert_eq!(trace.as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
}

#[tokio::test]
async fn health() {
    let server = Server::start().await;
    assert_eq!(server.send("GET /health/live").await.status, 200);
    assert_eq!(server.send("GET /health/ready").await.status, 200);
    let reasons = vec!["no disk".to_owned(), "no hope".to_owned()];
    *server.fake.not_ready.lock().expect("unpoisoned") = reasons;
    let problem = server
        .send("GET /health/ready")
        .await
        .problem(503, "not-ready");
    assert_eq!(problem["reasons"], json!(["no disk", "no hope"]));
    assert_eq!(server.send("GET /health/live").await.status, 200);
}

/// JSON Schema's integers: a client's language may know but one kind of number.
#[tokio::test]
async fn a_whole_number_is_taken_however_a_client_writes_it() {
    let server = Server::start().await;
    let recipe = |price: &str, quantity: &str| {
        format!(
            "PUT /api/inventory/i/recipes\n\n{{\"pizzaType\":\"B\",\"priceCents\":{price},\
             \"ingredients\":[{{\"ingredient\":\"d\",\"quantity\":{quantity}}}]}}"
        )
    };
    let stock = |quantity: &str| {
        format!(
            "PUT /api/inventory/i/stock\n\n{{\"amounts\":[{{\"ingredient\":\"d\",\
             \"quantity\":{quantity}}}]}}"
        )
    };
    let place = |time: &str| {
        format!("POST /api/drivers/d/location\n\n{{\"lat\":1.0,\"lon\":-0.0,\"timestamp\":{time}}}")
    };
    for (request, pointer, expected) in [
        (stock("5.0"), "/amounts/0/quantity", 5_u64),
        (stock("5e0"), "/amounts/0/quantity", 5),
        (stock("-0.0"), "/amounts/0/quantity", 0),
        (stock("4294967295.00"), "/amounts/0/quantity", 4_294_967_295),
        (recipe("990.0", "1.0"), "/recipe/priceCents", 990),
        (recipe("9.9e2", "1"), "/recipe/priceCents", 990),
        (place("1795828167781.0"), "/at", 1_795_828_167_781),
        (place("1.795828167781e12"), "/at", 1_795_828_167_781),
        // A double would make it ...992.
        (place("9007199254740993.0"), "/at", 9_007_199_254_740_993),
    ] {
        server.send(&request).await;
        let sent = server.fake.last();
        let found = sent.arguments.pointer(pointer);
        assert_eq!(found, Some(&json!(expected)), "{request}");
    }
}
