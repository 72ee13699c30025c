//! A kitchen's screen: what it shows once, what changes on it, and what cooks say on it.

use std::collections::BTreeMap;

use crate::common::sse::Reader;
use crate::common::{Pizza, request, until};
use serde_json::{Value, json};

const DISPLAY: &str = "/api/kitchen/napoli/display";
const STREAM: &str = "/api/kitchen/napoli/stream";

/// What is on the screen: a snapshot, and every event since, merged as a page does it.
struct Screen {
    stream: Reader,
    tickets: BTreeMap<String, Value>,
    alerts: BTreeMap<u64, Value>,
    ovens: BTreeMap<String, Value>,
    /// As they came.
    heard: Vec<(u64, Value)>,
}

impl Screen {
    fn open(pizza: &Pizza) -> (Self, u64) {
        let display = pizza.get(DISPLAY).json();
        let position = display["position"].as_u64().expect("a position");
        let listed = ["queue", "active", "ready"].map(|list| display[list].clone());
        let listed = listed
            .into_iter()
            .flat_map(|list| list.as_array().expect("a list").clone());
        let screen = Self {
            stream: Reader::open(pizza.http, STREAM, Some(position)),
            tickets: listed
                .map(|ticket| (text(&ticket["orderId"]), ticket))
                .collect(),
            alerts: BTreeMap::new(),
            ovens: BTreeMap::new(),
            heard: Vec::new(),
        };
        (screen, position)
    }

    fn next(&mut self) {
        let event = self.stream.next().expect("the stream goes on");
        let told = event.data[&*event.kind].clone();
        match &*event.kind {
            "ticket" => {
                self.tickets.insert(text(&told["orderId"]), told);
            }
            "alert" => {
                self.alerts
                    .insert(told["id"].as_u64().expect("a number"), told);
            }
            "oven" => {
                self.ovens.insert(text(&told["ovenId"]), told);
            }
            _ => {}
        }
        self.heard.push((event.id.expect("a position"), event.data));
    }

    /// Waits until the order's ticket is so.
    fn shows(&mut self, order: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        while !self.tickets.get(order).is_some_and(&is_so) {
            self.next();
        }
        self.tickets[order].clone()
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn order(pizza: &Pizza) -> String {
    let wish = json!({"customerId": "c", "pizzaType": "Margherita", "customerName": "Ada",
        "note": "no olives", "phone": "+39 081 5550100"});
    let placed = pizza.post("/api/orders", &wish);
    assert_eq!(placed.status, 201, "{}", placed.text());
    text(&placed.json()["orderId"])
}

fn step(pizza: &Pizza, order: &str, verb: &str, body: &Value) -> Value {
    let path = format!("/api/kitchen/napoli/orders/{order}/{verb}");
    let answer = pizza.post(&path, body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn put(pizza: &Pizza, order: &str, status: &str) {
    let path = format!("/api/orders/{order}/status");
    let moved = pizza.put(&path, &json!({"status": status}));
    assert_eq!(moved.status, 200, "{}", moved.text());
}

fn task(pizza: &Pizza, chef: &str) -> Value {
    let chef = pizza.post(&format!("/api/actors/chef/{chef}/get"), &json!([]));
    chef.json()["task"].clone()
}

/// Into the oven, lost there, and made once more.
fn is_made_again_and_ready(pizza: &Pizza, screen: &mut Screen, order: &str) {
    put(pizza, order, "baking");
    let baking = screen.shows(order, |ticket| ticket["status"] == "baking");
    assert!(baking["bakingAt"].is_string(), "{baking}");
    let path = format!("/api/kitchen/napoli/orders/{order}/put-back");
    assert_eq!(
        pizza.post(&path, &json!({})).status,
        409,
        "it is in the oven"
    );
    let burned = step(pizza, order, "burn", &json!({"reason": "dropped"}));
    assert_eq!(
        (&burned["remakes"], &burned["status"]),
        (&json!(1), &json!("preparing"))
    );
    let again = screen.shows(order, |ticket| ticket["remakes"] == 1);
    assert_eq!(again["remakeReason"], "dropped");
    screen.shows(order, |ticket| {
        ticket["remakes"] == 1 && ticket["startedAt"].is_string()
    });

    put(pizza, order, "baking");
    put(pizza, order, "ready");
    let ready = screen.shows(order, |ticket| ticket["status"] == "ready");
    assert!(
        ready["readyAt"].is_string() && ready["chefId"].is_null(),
        "{ready}"
    );
}

#[test]
fn a_screen_follows_an_order_through_the_kitchen_and_cooks_act_on_it() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "1"]);
    let (mut screen, position) = Screen::open(&pizza);
    let order = order(&pizza);
    let first = screen.shows(&order, |_| true);
    assert_eq!(
        (&first["status"], &first["note"]),
        (&json!("created"), &json!("no olives"))
    );
    assert_eq!(first["customerName"], "Ada");
    let begun = screen.shows(&order, |ticket| ticket["status"] == "preparing");
    assert!(begun["startedAt"].is_string(), "{begun}");
    let before = text(&begun["chefId"]);

    // To another chef, who has it then, and alone.
    let other = ["napoli.1", "napoli.2", "napoli.3"];
    let other = other
        .into_iter()
        .find(|chef| *chef != before)
        .expect("another");
    step(&pizza, &order, "assign", &json!({"chefId": other}));
    screen.shows(&order, |ticket| {
        ticket["chefId"] == other && ticket["status"] == "preparing"
    });
    until("the chef to have it", || {
        (task(&pizza, other)["orderId"] == order.as_str()).then_some(())
    });
    assert!(task(&pizza, &before).is_null());

    // Put back, with nothing else to do, somebody begins it again.
    step(&pizza, &order, "put-back", &json!({}));
    screen.shows(&order, |ticket| {
        ticket["status"] == "preparing" && ticket["place"].is_i64()
    });
    screen.shows(&order, |ticket| {
        ticket["startedAt"].is_string() && ticket["chefId"].is_string()
    });

    is_made_again_and_ready(&pizza, &mut screen, &order);
    // The next question finds all that the events have told.
    let display = pizza.get(DISPLAY).json();
    assert_eq!(display["ready"][0]["orderId"], order.as_str());
    assert_eq!(
        (&display["active"], &display["queue"]),
        (&json!([]), &json!([]))
    );
    assert!(display["position"].as_u64() > Some(position));

    // Who comes back with a position hears the same, none twice and none missing.
    let mut late = Reader::open(pizza.http, STREAM, Some(position));
    for (number, (id, data)) in (position + 1..).zip(&screen.heard) {
        let event = late.next().expect("an event");
        assert_eq!((event.id, &event.data), (Some(number), data));
        assert_eq!(*id, number);
    }
}

#[test]
fn an_alert_is_seen_on_all_screens_and_an_oven_is_judged() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "600"]);
    let (mut screen, _) = Screen::open(&pizza);
    let raise = json!({"kind": "malfunction", "message": "the fan stands still"});
    pizza.post("/api/actors/kitchen/napoli/report-alert", &raise);
    let hot = json!({"ovenId": "left", "temperature": 450.0, "timer": null});
    pizza.post("/api/actors/kitchen/napoli/report-oven", &hot);
    while screen.ovens.is_empty() || screen.alerts.is_empty() {
        screen.next();
    }
    let oven = &screen.ovens["left"];
    assert_eq!(
        (&oven["isTooHot"], &oven["max"]),
        (&json!(true), &json!(400.0))
    );
    let (id, alert) = screen.alerts.pop_first().expect("an alert");
    assert_eq!(alert["severity"], "critical");
    assert!(alert["seenAt"].is_null(), "{alert}");

    let path = format!("/api/kitchen/napoli/alerts/{id}/seen");
    let token = format!("Bearer {}", pizza.tokens["kitchen"]);
    let headers = [("authorization", &*token)];
    let seen = request(pizza.http, "POST", &path, &headers, None);
    assert_eq!(seen.status, 200, "{}", seen.text());
    assert_eq!(seen.json()["seenBy"], "kitchen/napoli");
    while screen.alerts.is_empty() {
        screen.next();
    }
    assert_eq!(screen.alerts[&id], seen.json());
    // Somebody else was later, and the kitchen remembers who was first.
    assert_eq!(pizza.post(&path, &json!({})).json(), seen.json());
    let display = pizza.get(DISPLAY).json();
    assert_eq!(display["status"]["alerts"][0], seen.json());
    assert_eq!(display["status"]["ovens"][0], screen.ovens["left"]);
    let token = format!("Bearer {}", pizza.tokens["driver"]);
    let headers = [("authorization", &*token)];
    assert_eq!(
        request(pizza.http, "GET", STREAM, &headers, None).status,
        403
    );
}
