//! What a manager's screen begins with: one answer, made of what four actors tell.

use pizza_gateway::{GatewayConfig, Role, Secret, TokenConfig};
use pizza_types::CallError;
use serde_json::{Value, json};

use crate::socket::Server;

const BOARD: &str = "GET /api/restaurants/r/board";

pub(crate) fn ms() -> Value {
    json!(1_000)
}

pub(crate) fn text() -> Value {
    json!("1970-01-01T00:00:01.000Z")
}

fn open_order(id: &str, version: u64, created_at: Value, at: &Value) -> Value {
    json!({"orderId": id, "customerId": "c", "status": "baking", "version": version,
        "createdAt": created_at, "updatedAt": at, "since": at, "totalCents": 890, "remakes": 1,
        "late": true, "lateSince": at, "driverId": "ada", "estimatedDeliveryAt": at,
        "deliveryLocation": {"lat": 1.0, "lon": 2.0}, "items": [], "deliveryAddress": "Via \"Roma\"",
        "customerName": "Ada", "note": "ring"})
}

/// As the restaurant tells it.
fn told_order(id: &str, version: u64, created_at: u64) -> Value {
    let mut order = open_order(id, version, json!(created_at), &ms());
    order["cursor"] = format!("2.{id}").into();
    order
}

pub(crate) fn restaurant(at: &Value) -> Value {
    json!({"restaurantId": "r", "profile": {"name": "R", "open": true}, "openedAt": at})
}

pub(crate) fn alert(at: &Value) -> Value {
    json!({"id": 3, "kind": "overheat", "message": "hot", "at": at, "severity": "critical",
        "source": "kitchen/r", "seenAt": at, "seenBy": "manager/r"})
}

fn driver(offered: &str) -> Value {
    let mut driver = json!({"driverId": "ada", "status": "available", "locatedAt": 1_000,
        "location": {"lat": 1.0, "lon": 2.0}, "heading": 90.5, "lostSignal": false});
    driver[offered] = "order-9".into();
    driver
}

pub(crate) fn stock_line(ingredient: &str, on_hand: u32, at: &Value) -> Value {
    json!({"ingredient": ingredient, "onHand": on_hand, "reserved": 1, "consumed": 2, "wasted": 3,
        "supplied": 9, "threshold": 4, "rule": {"orderBelow": 4, "upTo": 9, "supplierId": "market",
        "askFirst": false, "on": true, "failures": 1, "notBefore": at, "rests": false}})
}

pub(crate) fn figures(late: u32, at: &Value) -> Value {
    let period = json!({"start": at, "orders": 3, "delivered": 2, "cancelled": 1, "rejected": 0,
        "revenueCents": 1780, "averageDeliveryMs": 60_000, "p50DeliveryMs": 50_000, "late": 1});
    json!({"restaurantId": "r", "active": [], "waitingForDriver": 1, "drivers": [],
        "availableChefs": 1, "lowStock": ["basil"], "lastHour": period, "lastDay": period,
        "late": late})
}

pub(crate) fn station(at: &Value) -> Value {
    json!({"chefId": "r.1", "onShift": true, "orderId": "order-1", "since": at})
}

fn oven(at: &Value) -> Value {
    json!({"ovenId": "o", "temperature": 230.5, "at": at})
}

pub(crate) fn kitchen(at: &Value) -> Value {
    json!({"pending": 1, "active": 2, "availableChefs": 3, "ovens": [oven(at)]})
}

/// As the kitchen tells it, with what the manager has from elsewhere.
pub(crate) fn overview() -> Value {
    let mut status = kitchen(&ms());
    status["kitchenId"] = "r".into();
    status["alerts"] = json!([]);
    json!({"status": status, "stations": [station(&ms())]})
}

/// A restaurant with one page of orders, and all that belongs to it.
pub(crate) async fn with_board(config: GatewayConfig) -> Server {
    let server = Server::with(config).await;
    let board = json!({"ok": {"position": 7, "restaurant": restaurant(&ms()),
        "orders": [told_order("order-2", 4, 2_000), told_order("order-1", 3, 1_000)],
        "drivers": [driver("offered")], "alerts": [alert(&ms())]}});
    let fake = &server.fake;
    fake.answers("restaurant.board", Ok(board));
    fake.answers("restaurant.open-orders", Ok(json!([])));
    fake.answers("restaurant.metrics", Ok(figures(2, &ms())));
    fake.answers(
        "inventory.stock",
        Ok(json!([stock_line("dough", 5, &ms())])),
    );
    fake.answers("kitchen.overview", Ok(overview()));
    server
}

#[tokio::test]
async fn one_answer_has_all_that_is_under_way() {
    let server = with_board(GatewayConfig::default()).await;
    let created = ["1970-01-01T00:00:01.000Z", "1970-01-01T00:00:02.000Z"];
    let at = text();
    let mut ada = driver("offeredOrderId");
    ada["locatedAt"] = at.clone();
    let expected = json!({
        "position": 7, "serverTime": "2023-11-14T22:13:20.000Z",
        "restaurant": restaurant(&at), "figures": figures(2, &at),
        "orders": [
            open_order("order-1", 3, json!(created[0]), &at),
            open_order("order-2", 4, json!(created[1]), &at),
        ],
        "drivers": [ada], "alerts": [alert(&at)],
        "stock": [stock_line("dough", 5, &at)],
        "kitchen": kitchen(&at), "chefs": [station(&at)],
    });
    assert_eq!(server.send(BOARD).await.json(), expected);
    let calls = server.fake.calls.lock().expect("unpoisoned").clone();
    let asked: Vec<_> = calls.iter().map(|call| &*call.method).collect();
    // One of them for the check whether there is such a restaurant; none for an order.
    assert_eq!(asked.len(), 6, "{asked:?}");
    // A page that is not full may have others behind it all the same: large orders have.
    let after = calls.iter().find(|call| call.method == "open-orders");
    assert_eq!(
        after.expect("a question").arguments,
        json!({"after": "2.order-1", "limit": 200})
    );
    let ids: std::collections::BTreeSet<_> = calls.iter().map(|call| call.id).collect();
    assert_eq!(ids.len(), 6, "each question has an id of its own");
}

#[tokio::test]
async fn what_gives_no_answer_is_left_out() {
    let server = with_board(GatewayConfig::default()).await;
    let silent = || {
        Err(CallError::Unreachable {
            detail: "it is pretended".to_owned(),
        })
    };
    server.fake.answers("inventory.stock", silent());
    server.fake.answers("kitchen.overview", silent());
    let board = server.send(BOARD).await.json();
    for absent in ["stock", "kitchen", "chefs"] {
        assert!(board.get(absent).is_none(), "{absent}: {board}");
    }
    assert_eq!(board["orders"].as_array().map(Vec::len), Some(2));
    // Without the restaurant there is nothing to show.
    server.fake.answers("restaurant.metrics", silent());
    assert_eq!(server.send(BOARD).await.status, 503);
}

/// One that has moved on meanwhile is on two pages; and the restaurant that is pretended never ends.
#[tokio::test]
async fn pages_are_turned_until_there_are_too_many() {
    let server = with_board(GatewayConfig::default()).await;
    let orders = (0..200).map(|n| told_order(&format!("order-{n}"), 2, n));
    let board = json!({"ok": {"position": 7, "restaurant": restaurant(&ms()),
        "orders": orders.collect::<Vec<_>>(), "drivers": [], "alerts": []}});
    server.fake.answers("restaurant.board", Ok(board));
    let more = json!([
        told_order("order-7", 9, 7),
        told_order("order-8", 1, 8),
        told_order("new", 1, 500)
    ]);
    server.fake.answers("restaurant.open-orders", Ok(more));
    let board = server.send(BOARD).await.json();
    let orders = board["orders"].as_array().expect("orders");
    assert_eq!(orders.len(), 201);
    assert_eq!(orders[7]["version"], 9, "the newer one counts");
    assert_eq!(orders[8]["version"], 2, "{}", orders[8]);
    assert_eq!(orders[200]["orderId"], "new");
    let calls = server.fake.calls.lock().expect("unpoisoned").clone();
    let paged: Vec<_> = calls
        .iter()
        .filter(|call| call.method == "open-orders")
        .collect();
    assert_eq!((paged.len(), &board["more"]), (64, &json!(true)));
    for (page, after) in [(0, "2.order-199"), (1, "2.new"), (63, "2.new")] {
        let expected = json!({"after": after, "limit": 200});
        assert_eq!(paged[page].arguments, expected);
    }
}

/// The restaurant hears of each position no sooner than its next turn, and of most never.
#[tokio::test]
async fn drivers_are_where_they_said_last() {
    let server = with_board(GatewayConfig::default()).await;
    let at = |lat: f64| json!({"lat": lat, "lon": 2.0});
    let position = |at_ms: u64, lat: f64| json!({"kind": "position", "at": at_ms, "driverId": "ada", "location": at(lat), "heading": 10.0});
    server.fake.publish_news(4, &position(5_000, 4.0));
    server.fake.publish_news(5, &position(4_000, 3.0));
    server.fake.publish_news(
        6,
        &json!({"kind": "position", "at": 9_000, "driverId": "nobody", "location": at(1.0)}),
    );
    // This one is behind the position of the answer: the stream tells it.
    server.fake.publish_news(8, &position(8_000, 8.0));
    let ada = server.send(BOARD).await.json()["drivers"][0].clone();
    assert_eq!(
        (&ada["location"], &ada["heading"]),
        (&at(4.0), &json!(10.0))
    );
    assert_eq!(ada["locatedAt"], "1970-01-01T00:00:05.000Z");
    assert_eq!(ada["offeredOrderId"], "order-9");
    let state =
        json!({"driverId": "ada", "status": "busy", "orderId": "order-9", "lostSignal": true});
    server.fake.publish_news(
        7,
        &json!({"kind": "driver-state", "at": 6_000, "driver": state}),
    );
    let board = server.send(BOARD).await.json();
    assert_eq!(board["drivers"], json!([state]));
}

#[tokio::test]
async fn a_manager_sees_the_own_board_and_an_observer_every_one() {
    let token = |name: &str, role, subject: &str| TokenConfig {
        token: Secret::from(name),
        role,
        subject: subject.to_owned(),
    };
    let server = with_board(GatewayConfig {
        tokens: vec![
            token("own", Role::Manager, "r"),
            token("other", Role::Manager, "roma"),
            token("cook", Role::Kitchen, "r"),
            token("looks", Role::Observer, ""),
            token("root", Role::Admin, ""),
        ],
        ..GatewayConfig::default()
    })
    .await;
    server
        .fake
        .answers("restaurant.see-alert", Ok(json!({"ok": alert(&ms())})));
    server
        .fake
        .answers("restaurant.set-open", Ok(json!({"ok": restaurant(&ms())})));
    let closed = r#"{"open": false}"#;
    for (who, reads, acts) in [
        ("own", 200, 200),
        ("other", 403, 403),
        ("cook", 403, 403),
        ("looks", 200, 403),
        ("root", 200, 200),
    ] {
        let as_who = format!("authorization: Bearer {who}");
        let status = async |request: String| server.send(&request).await.status;
        for path in ["board", "alerts", "free-drivers", "durations"] {
            let request = format!("GET /api/restaurants/r/{path}\n{as_who}");
            let found = status(request).await;
            // The fake gives no answer to the others; whoever may ask is told so.
            let may_ask = found == 200 || path != "board" && found == 404;
            assert_eq!(may_ask, reads == 200, "{who} {path}: {found}");
        }
        let open = format!("PUT /api/restaurants/r/open\n{as_who}\n\n{closed}");
        assert_eq!(status(open).await, acts, "{who}");
        let seen = format!("POST /api/restaurants/r/alerts/3/seen\n{as_who}");
        assert_eq!(status(seen).await, acts, "{who}");
    }
    let seen = "POST /api/restaurants/r/alerts/3/seen\nauthorization: Bearer own";
    assert_eq!(server.send(seen).await.json(), alert(&text()));
    let sent = server.fake.last();
    assert_eq!(
        (&*sent.target, &*sent.method),
        ("restaurant/r", "see-alert")
    );
    assert_eq!(sent.arguments, json!({"alertId": 3, "by": "manager/r"}));
    let open = format!("PUT /api/restaurants/r/open\nauthorization: Bearer own\n\n{closed}");
    assert_eq!(server.send(&open).await.json(), restaurant(&text()));
    assert_eq!(server.fake.last().arguments, json!({"open": false}));
}

/// A restaurant may not know up to where it has heard, and something may happen as it answers.
#[tokio::test]
async fn what_happens_after_the_answer_is_behind_its_position() {
    let server = with_board(GatewayConfig::default()).await;
    let fake = &server.fake;
    let board = json!({"ok": {"position": 0, "restaurant": restaurant(&ms()), "orders": [],
        "drivers": [], "alerts": []}});
    fake.answers("restaurant.board", Ok(board));
    let news = json!({"kind": "stock", "at": 1_000});
    let follows = || fake.follows.lock().expect("unpoisoned");
    follows().insert("restaurant.board".to_owned(), news);
    let told = server.send(BOARD).await.json()["position"].clone();
    // One event after each answer; those before the last answer are all that it can have.
    assert_eq!(told, json!(fake.times_asked("board") - 1));
}

/// A screen has an alert from the stream, and may be quicker than the restaurant.
#[tokio::test]
async fn an_alert_that_the_restaurant_is_about_to_take_in_can_be_seen() {
    let server = with_board(GatewayConfig::default()).await;
    let fake = &server.fake;
    let unknown = json!({"err": {"notFound": "there is no alert 3"}});
    fake.answers_first("restaurant.see-alert", Ok(unknown));
    fake.answers("restaurant.see-alert", Ok(json!({"ok": alert(&ms())})));
    let seen = server.send("POST /api/restaurants/r/alerts/3/seen").await;
    assert_eq!((seen.status, seen.json()), (200, alert(&text())));
    assert_eq!(fake.times_asked("see-alert"), 2);
}
