//! What a driver's screen asks for and is told.

use pizza_gateway::{GatewayConfig, Role, Secret, TokenConfig};
use pizza_types::CallError;
use serde_json::{Value, json};

use crate::socket::Server;
use crate::track::Stream;

/// A driver as they are shown, with where their stream goes on.
fn shown(driver: &Value, position: u64) -> Value {
    let mut shown = driver.clone();
    shown["position"] = position.into();
    shown["serverTime"] = "2023-11-14T22:13:20.000Z".into();
    shown
}

fn duty(at: Value) -> Value {
    json!({
        "driverId": "d", "status": "available", "location": {"lat": 1.5, "lon": 2.0},
        "locatedAt": at, "delivered": 4, "restaurantId": "r", "lostSignal": false, "since": at,
        "offer": {"orderId": "o", "restaurantId": "r", "pickUp": {"lat": 1.0, "lon": 2.0},
            "deliverTo": {"lat": 1.1, "lon": 2.0}, "expiresAt": at, "offeredAt": at, "seconds": 60,
            "restaurantName": "Napoli", "pickUpAddress": "Via \"Roma\" 1", "pizzas": 3,
            "toRestaurantM": 120, "toDoorM": 4_200},
    })
}

fn ms() -> Value {
    json!(1_000)
}

fn text() -> Value {
    json!("1970-01-01T00:00:01.000Z")
}

#[tokio::test]
async fn a_driver_with_an_order_has_a_way_to_go_where_somebody_knows_it() {
    let driver = json!({"driverId": "d", "status": "busy", "location": {"lat": 1.5, "lon": 2.0},
        "orderId": "order-1", "delivered": 4, "lostSignal": false});
    let way = json!({"basis": "streets", "metres": 700, "seconds": 84,
        "legs": [{"metres": 700, "seconds": 84}],
        "path": [{"lat": 1.5, "lon": 2.0}, {"lat": 1.6, "lon": 2.0}]});
    let server = Server::start().await;
    server
        .fake
        .answers("driver.duty", Ok(json!({"ok": driver})));
    let declined = json!({"err": {"notFound": "there is no order order-1"}});
    let when = "before the turn began".into();
    let late = CallError::Deadline { when };
    for (answer, told) in [
        (Ok(json!({"ok": way})), way),
        (Ok(declined), Value::Null),
        (Err(late), Value::Null),
    ] {
        server.fake.answers("driver.way", answer);
        let answer = server.send("GET /api/drivers/d/status").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let mut found = answer.json();
        let route = found.as_object_mut().and_then(|f| f.remove("route"));
        assert_eq!(route.unwrap_or_default(), told);
        assert_eq!(found, shown(&driver, 0));
    }
    let sent = server.fake.last();
    assert_eq!((&*sent.target, &*sent.method), ("driver/d", "way"));
    let mut idle = driver;
    idle.as_object_mut().expect("an object").remove("orderId");
    server.fake.answers("driver.duty", Ok(json!({"ok": idle})));
    let answer = server.send("GET /api/drivers/d/status").await;
    assert_eq!(answer.json(), shown(&idle, 0));
    assert_eq!(
        server.fake.last().method,
        "duty",
        "nobody asks for a way then"
    );
}

#[tokio::test]
async fn everything_on_the_screen_comes_with_its_position_in_the_stream() {
    let server = Server::start().await;
    server
        .fake
        .answers("driver.duty", Ok(json!({"ok": duty(ms())})));
    for position in [0, 5] {
        if position > 0 {
            let change = json!({"kind": "duty", "driver": duty(ms())});
            server.fake.publish_to_driver(position, change);
        }
        let answer = server.send("GET /api/drivers/d/status").await;
        let expected = shown(&duty(text()), position);
        assert_eq!((answer.status, answer.json()), (200, expected));
    }
}

#[tokio::test]
async fn a_day_is_told_with_its_times() {
    let server = Server::start().await;
    let day = |at: Value| {
        json!({"driverId": "d", "begin": at, "since": at, "deliveries": 2, "metres": 4_100,
            "averageMs": 600_000, "lastAt": at, "waiting": 3})
    };
    server
        .fake
        .answers("driver.day", Ok(json!({"ok": day(ms())})));
    let answer = server.send("GET /api/drivers/d/day").await;
    assert_eq!((answer.status, answer.json()), (200, day(text())));
    let idle = json!({"driverId": "d", "begin": 0, "deliveries": 0, "metres": 0});
    server.fake.answers("driver.day", Ok(json!({"ok": idle})));
    let told = server.send("GET /api/drivers/d/day").await.json();
    assert_eq!(told.as_object().map(serde_json::Map::len), Some(4));
}

fn known() -> GatewayConfig {
    let token = |name: &str, role, subject: &str| TokenConfig {
        token: Secret::from(name),
        role,
        subject: subject.to_owned(),
    };
    GatewayConfig {
        tokens: vec![
            token("driver", Role::Driver, "d"),
            token("boss", Role::Manager, "r"),
            token("another", Role::Driver, "e"),
            token("elsewhere", Role::Manager, "roma"),
            token("customer", Role::Customer, "d"),
        ],
        ..GatewayConfig::default()
    }
}

const FOLLOW: &str = "GET /api/drivers/d/stream";

#[tokio::test]
async fn each_change_is_an_event_of_its_kind_and_the_stream_resumes() {
    let server = Server::with(known()).await;
    server
        .fake
        .answers("driver.get", Ok(json!({"ok": duty(ms())})));
    let changes = [
        ("offer", json!({"orderId": "o"})),
        ("withdrawn", json!({"orderId": "o", "reason": "expired"})),
        ("assigned", json!({"orderId": "o"})),
        (
            "order",
            json!({"orderId": "o", "status": "outForDelivery", "version": 9}),
        ),
        ("released", json!({"orderId": "o", "reason": "delivered"})),
        ("duty", json!({})),
    ];
    for (position, (kind, change)) in (1..).zip(&changes) {
        let mut change = change.clone();
        change["kind"] = (*kind).into();
        change["driver"] = duty(ms());
        server.fake.publish_to_driver(position, change);
    }
    // A newer driver tells of something that is not known here.
    let strange = json!({"kind": "weather", "driver": duty(ms())});
    server.fake.publish_to_driver(7, strange);
    for (after, who) in [(0_u64, "driver"), (3, "boss")] {
        let request = format!("{FOLLOW}\nlast-event-id: {after}\nauthorization: Bearer {who}");
        let mut stream = Stream::open(&server, &request).await;
        let all = (1..).zip(&changes);
        for (position, (kind, change)) in all.filter(|(position, _)| *position > after) {
            let (event, id, data) = stream.next().await.expect("an event");
            assert_eq!((&*event, id), (*kind, position.to_string()));
            let mut expected = change.clone();
            expected["at"] = format!("1970-01-01T00:00:0{position}.000Z").into();
            expected["driver"] = duty(text());
            assert_eq!(data, expected);
        }
    }
    server.fake.forget_events_below(5);
    let request = format!("{FOLLOW}?lastEventId=1\nauthorization: Bearer driver");
    let mut stream = Stream::open(&server, &request).await;
    let (event, id, data) = stream.next().await.expect("an event");
    assert_eq!((&*event, &*id, &data["oldest"]), ("gap", "4", &json!(5)));
}

#[tokio::test]
async fn a_drivers_screen_is_their_own_and_the_manager_only_looks() {
    let server = Server::with(known()).await;
    for method in ["get", "duty", "cannot-deliver", "update-locations"] {
        server
            .fake
            .answers(&format!("driver.{method}"), Ok(json!({"ok": duty(ms())})));
    }
    let commands = [
        "POST /api/drivers/d/cannot-deliver\nauthorization: Bearer TOKEN\n\n{\"reason\":\"vehicle\"}",
        "POST /api/drivers/d/location\nauthorization: Bearer TOKEN\n\n[{\"lat\":1,\"lon\":2,\"timestamp\":1}]",
    ];
    for request in [
        "GET /api/drivers/d/stream\nauthorization: Bearer TOKEN",
        commands[0],
        commands[1],
    ] {
        for stranger in ["another", "elsewhere", "customer"] {
            let request = request.replace("TOKEN", stranger);
            server.send(&request).await.problem(403, "forbidden");
        }
        let request = request.replace("TOKEN", "nobody");
        server.send(&request).await.problem(401, "unauthorized");
    }
    for request in commands {
        let by_manager = request.replace("TOKEN", "boss");
        server.send(&by_manager).await.problem(403, "forbidden");
        let by_driver = request.replace("TOKEN", "driver");
        assert_eq!(server.send(&by_driver).await.status, 200);
    }
}

#[tokio::test]
async fn what_is_wrong_with_one_of_many_places_is_told_at_its_place() {
    let server = Server::start().await;
    let locate = "POST /api/drivers/d/location\n\n";
    for (body, pointers) in [
        ("[{\"lat\":1,\"lon\":2}]", &["/0/timestamp"][..]),
        (
            "[{\"lat\":1,\"lon\":2,\"timestamp\":1},{\"lat\":\"x\",\"lon\":2,\"timestamp\":1}]",
            &["/1/lat"],
        ),
        ("[[1,2,3]]", &["/0"]),
        ("[7]", &["/0"]),
    ] {
        let answer = server.send(&format!("{locate}{body}")).await;
        let problem = answer.problem(422, "invalid");
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = errors.iter().map(|e| e["pointer"].as_str()).collect();
        let expected: Vec<_> = pointers.iter().map(|pointer| Some(*pointer)).collect();
        assert_eq!(found, expected, "{body}: {problem}");
    }
    // What only the actor knows is told where the client has written it.
    let beyond = |pointer: &str| json!({"pointer": pointer, "message": "is not on Earth"});
    let refused = json!({"err": {"invalid": [beyond("/fixes/1/location/lat"),
        beyond("/fixes/0/at"), beyond("/fixes/0/motion/speed")]}});
    server.fake.answers("driver.update-locations", Ok(refused));
    let two = "[{\"lat\":1,\"lon\":2,\"timestamp\":1},{\"lat\":9,\"lon\":2,\"timestamp\":2}]";
    let answer = server.send(&format!("{locate}{two}")).await;
    let problem = answer.problem(422, "invalid");
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let found: Vec<_> = errors.iter().map(|e| e["pointer"].as_str()).collect();
    let expected = [Some("/1/lat"), Some("/0/timestamp"), Some("/0/speed")];
    assert_eq!(found, expected);
    let empty = json!({"err": {"invalid": [beyond("/fixes")]}});
    server.fake.answers("driver.update-locations", Ok(empty));
    let answer = server.send(&format!("{locate}[]")).await;
    assert_eq!(answer.problem(422, "invalid")["errors"][0]["pointer"], "");
}

#[tokio::test]
async fn what_no_driver_can_mean_is_refused_before_they_are_asked() {
    let server = Server::start().await;
    for (request, status, code) in [
        (
            "POST /api/drivers/d/cannot-deliver\n\n{\"reason\":\"rain\"}",
            422,
            "invalid",
        ),
        ("POST /api/drivers/d/cannot-deliver", 400, "malformed"),
        ("GET /api/drivers/d/stream?lastEventId=x", 400, "malformed"),
        ("GET /api/drivers/a%20b/day", 422, "invalid-id"),
    ] {
        server.send(request).await.problem(status, code);
    }
}
