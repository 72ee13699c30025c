//! What a kitchen's screen asks for and is told.

use pizza_gateway::{GatewayConfig, Role, Secret, TokenConfig};
use serde_json::{Value, json};

use crate::endpoints::{Case, check};
use crate::socket::Server;
use crate::track::Stream;

fn status(at: Value) -> Value {
    json!({
        "kitchenId": "napoli", "pending": 1, "active": 2, "availableChefs": 3,
        "ovens": [{"ovenId": "o", "temperature": 230.5, "at": at,
            "min": 200.0, "max": 400.0, "isTooHot": false}],
        "alerts": [alert(at)],
    })
}

fn alert(at: Value) -> Value {
    json!({"id": 7, "kind": "overheat", "message": "hot", "at": at, "source": "kitchen/napoli",
        "severity": "critical", "seenAt": at, "seenBy": "kitchen/napoli"})
}

fn ticket(id: &str, at: Value) -> Value {
    json!({
        "orderId": id, "items": [], "receivedAt": at, "remakes": 0, "status": "baking",
        "version": 3, "promisedAt": at, "startedAt": at, "bakingAt": at, "readyAt": at,
        "chefId": "napoli.1", "place": -1, "customerName": "Ada", "note": "no \"olives\"",
        "remakeReason": "dropped", "late": true,
    })
}

fn station(at: Value) -> Value {
    json!({"chefId": "c", "onShift": true, "orderId": "o", "since": at})
}

fn ms() -> Value {
    json!(1_000)
}

fn text() -> Value {
    json!("1970-01-01T00:00:01.000Z")
}

fn case(request: &'static str, method: &'static str, arguments: Value) -> Case {
    let tickets = method.starts_with(['b', 'r', 'a']);
    let of = |at| if tickets { ticket("a", at) } else { status(at) };
    Case {
        request,
        call: ("kitchen/napoli", method, arguments),
        answer: json!({"ok": of(ms())}),
        told: of(text()),
    }
}

#[tokio::test]
async fn what_it_is_asked_reaches_the_kitchen() {
    let tickets = json!([ticket("a", ms()), ticket("b", ms())]);
    let outward = json!([ticket("a", text()), ticket("b", text())]);
    check(vec![
        Case {
            answer: status(ms()),
            ..case("GET /api/kitchen/napoli/status", "status", json!([]))
        },
        Case {
            answer: tickets.clone(),
            told: json!({"kitchenId": "napoli", "queue": outward}),
            ..case(
                "GET /api/kitchen/napoli/queue",
                "queue",
                json!({"limit": 50}),
            )
        },
        Case {
            answer: tickets,
            told: json!({"kitchenId": "napoli", "queue": outward, "next": "b"}),
            ..case(
                "GET /api/kitchen/napoli/queue?after=z&limit=2",
                "queue",
                json!({"after": "z", "limit": 2}),
            )
        },
        case(
            "POST /api/kitchen/napoli/chefs\n\n{\"chefId\":\"napoli.1\"}",
            "clock-in",
            json!({"chefId": "napoli.1"}),
        ),
        case(
            "DELETE /api/kitchen/napoli/chefs/napoli.1",
            "clock-out",
            json!({"chefId": "napoli.1"}),
        ),
        case(
            "POST /api/kitchen/napoli/orders/a/burn\n\n{\"reason\":\"dropped\"}",
            "burn",
            json!({"orderId": "a", "reason": "dropped"}),
        ),
        case(
            "POST /api/kitchen/napoli/orders/a/put-back",
            "requeue",
            json!({"orderId": "a"}),
        ),
        case(
            "POST /api/kitchen/napoli/orders/a/assign\n\n{\"chefId\":\"2\"}",
            "assign",
            json!({"orderId": "a", "chefId": "2"}),
        ),
        Case {
            answer: json!({"ok": alert(ms())}),
            told: alert(text()),
            ..case(
                "POST /api/kitchen/napoli/alerts/7/seen",
                "see-alert",
                json!({"alertId": 7, "by": "local/anybody"}),
            )
        },
    ])
    .await;
}

#[tokio::test]
async fn everything_on_the_screen_comes_with_its_position_in_the_stream() {
    let server = Server::start().await;
    let display = |at: Value| {
        json!({
            "status": status(at.clone()), "stations": [station(at.clone())],
            "queue": [ticket("a", at.clone())], "active": [], "ready": [ticket("b", at)],
        })
    };
    server.fake.answers("kitchen.display", Ok(display(ms())));
    let mut expected = display(text());
    expected["serverTime"] = "2023-11-14T22:13:20.000Z".into();
    for position in [0, 5] {
        if position > 0 {
            let change = json!({"station": station(ms())});
            server.fake.publish_to_kitchen(position, change);
        }
        expected["position"] = position.into();
        let answer = server.send("GET /api/kitchen/napoli/display").await;
        assert_eq!((answer.status, answer.json()), (200, expected.clone()));
    }
}

fn known() -> GatewayConfig {
    let token = |name: &str, role, subject: &str| TokenConfig {
        token: Secret::from(name),
        role,
        subject: subject.to_owned(),
    };
    GatewayConfig {
        tokens: vec![
            token("cook", Role::Kitchen, "napoli"),
            token("boss", Role::Manager, "napoli"),
            token("elsewhere", Role::Kitchen, "roma"),
            token("driver", Role::Driver, "napoli"),
        ],
        ..GatewayConfig::default()
    }
}

const FOLLOW: &str = "GET /api/kitchen/napoli/stream";

#[tokio::test]
async fn each_change_is_an_event_of_its_kind_and_the_stream_resumes() {
    let server = Server::with(known()).await;
    let plugin = |at: Value| {
        json!({"binding": "p", "trust": "resting", "failuresInARow": 3, "failures": 3,
            "lastFailure": "trap", "askedAgainAt": at})
    };
    let oven = |at: Value| status(at)["ovens"][0].clone();
    let changes = |at: fn() -> Value| {
        [
            ("ticket", ticket("a", at())),
            ("station", station(at())),
            ("oven", oven(at())),
            ("alert", alert(at())),
            ("queue", json!(["b", "a"])),
            ("plugin", plugin(at())),
        ]
    };
    for (position, (kind, change)) in (1..).zip(changes(ms)) {
        server
            .fake
            .publish_to_kitchen(position, json!({kind: change}));
    }
    // A newer kitchen tells of something that is not known here.
    server
        .fake
        .publish_to_kitchen(7, json!({"weather": "rain"}));
    let all: Vec<_> = (1_u64..).zip(changes(text)).collect();
    for after in [0, 3] {
        let request = format!("{FOLLOW}\nlast-event-id: {after}\nauthorization: Bearer cook");
        let mut stream = Stream::open(&server, &request).await;
        for (position, (kind, change)) in all.iter().filter(|(position, _)| *position > after) {
            let (event, id, data) = stream.next().await.expect("an event");
            assert_eq!((&*event, id), (*kind, position.to_string()));
            let field = if *kind == "queue" { "orderIds" } else { kind };
            assert_eq!(&data[field], change, "{data}");
            let at = format!("1970-01-01T00:00:0{position}.000Z");
            assert_eq!(data["at"], at);
            assert_eq!(data.as_object().map(serde_json::Map::len), Some(2));
        }
    }
    server.fake.forget_events_below(5);
    let request = format!("{FOLLOW}?lastEventId=1\nauthorization: Bearer boss");
    let mut stream = Stream::open(&server, &request).await;
    let (event, id, data) = stream.next().await.expect("an event");
    assert_eq!((&*event, &*id, &data["oldest"]), ("gap", "4", &json!(5)));
    let (event, id, _) = stream.next().await.expect("an event");
    assert_eq!((&*event, &*id), ("queue", "5"));
}

#[tokio::test]
async fn a_kitchens_screen_is_its_own() {
    let server = Server::with(known()).await;
    server
        .fake
        .answers("kitchen.see-alert", Ok(json!({"ok": alert(ms())})));
    let steps = [
        "POST /api/kitchen/napoli/orders/a/burn\nauthorization: Bearer TOKEN\n\n{\"reason\":\"oven\"}",
        "POST /api/kitchen/napoli/orders/a/put-back\nauthorization: Bearer TOKEN",
        "POST /api/kitchen/napoli/orders/a/assign\nauthorization: Bearer TOKEN\n\n{\"chefId\":\"1\"}",
        "POST /api/kitchen/napoli/alerts/7/seen\nauthorization: Bearer TOKEN",
        "GET /api/kitchen/napoli/stream\nauthorization: Bearer TOKEN",
    ];
    for request in steps {
        for stranger in ["elsewhere", "driver"] {
            let request = request.replace("TOKEN", stranger);
            server.send(&request).await.problem(403, "forbidden");
        }
        let request = request.replace("TOKEN", "nobody");
        server.send(&request).await.problem(401, "unauthorized");
    }
    for (who, name) in [("cook", "kitchen/napoli"), ("boss", "manager/napoli")] {
        let request = steps[3].replace("TOKEN", who);
        assert_eq!(server.send(&request).await.status, 200);
        assert_eq!(server.fake.last().arguments["by"], name);
    }
}

#[tokio::test]
async fn what_cannot_be_done_with_an_order_is_told() {
    let server = Server::start().await;
    let conflict = json!({"err": {"conflict": {"message": "what is in the oven can only burn",
        "current": "baking", "allowed": []}}});
    server.fake.answers("kitchen.requeue", Ok(conflict));
    let answer = server
        .send("POST /api/kitchen/napoli/orders/a/put-back")
        .await;
    assert_eq!(answer.problem(409, "conflict")["from"], "baking");
    let unknown = json!({"err": {"notFound": "the order a is not in this kitchen"}});
    server.fake.answers("kitchen.burn", Ok(unknown));
    let burn = "POST /api/kitchen/napoli/orders/a/burn\n\n";
    let answer = server.send(&format!("{burn}{{\"reason\":\"oven\"}}")).await;
    answer.problem(404, "not-found");
    for body in [
        "{}",
        "{\"reason\":\"hunger\"}",
        "{\"reason\":\"oven\",\"orderId\":\"b\"}",
    ] {
        let answer = server.send(&format!("{burn}{body}")).await;
        answer.problem(422, "invalid");
    }
}

#[tokio::test]
async fn what_no_kitchen_can_have_is_refused_before_it_is_asked() {
    let server = Server::start().await;
    for (request, status, code) in [
        (
            "POST /api/kitchen/napoli/orders/a%20b/put-back",
            422,
            "invalid-id",
        ),
        (
            "POST /api/kitchen/napoli/alerts/first/seen",
            404,
            "not-found",
        ),
        (
            "GET /api/kitchen/napoli/stream?lastEventId=x",
            400,
            "malformed",
        ),
    ] {
        server.send(request).await.problem(status, code);
    }
}
