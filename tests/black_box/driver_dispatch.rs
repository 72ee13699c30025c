//! A ready order finds a driver, and the restaurant keeps count of it.

use crate::common::sse::Reader;
use crate::common::{Pizza, now_ms, request, until};
use serde_json::{Value, json};

const RESTAURANT: &str = "napoli";

/// Sets the restaurant's drivers, and sends them on shift at these places.
fn staff(pizza: &Pizza, drivers: &[(&str, f64)]) {
    let mut profile = pizza.get("/api/restaurants/napoli").json()["profile"].clone();
    profile["drivers"] = drivers.iter().map(|(id, _)| *id).collect();
    let configured = pizza.post("/api/actors/restaurant/napoli/configure", &json!([profile]));
    assert_eq!(configured.status, 200, "{}", configured.text());
    for (id, lat) in drivers {
        let position = json!({"lat": lat, "lon": 14.2681, "timestamp": now_ms()});
        assert_eq!(
            pizza
                .post(&format!("/api/drivers/{id}/location"), &position)
                .status,
            200
        );
        // Once it has heard of the restaurant, the restaurant hears of it.
        wait(|| driver(pizza, id)["restaurantId"] == RESTAURANT);
        let status = json!({"status": "available"});
        assert_eq!(
            pizza
                .put(&format!("/api/drivers/{id}/status"), &status)
                .status,
            200
        );
    }
    wait(|| {
        let known = pizza.get("/api/restaurants/napoli/drivers").json();
        let all = known["drivers"].as_array().expect("a list").clone();
        let available = |d: &&Value| d["status"] == "available";
        all.iter().filter(available).count() == drivers.len()
    });
}

fn driver(pizza: &Pizza, id: &str) -> Value {
    pizza.get(&format!("/api/drivers/{id}/status")).json()
}

fn wait(condition: impl Fn() -> bool) {
    until("it to come true", || condition().then_some(()));
}

fn answer(pizza: &Pizza, driver: &str, verb: &str, order: &str) -> u16 {
    let path = format!("/api/drivers/{driver}/{verb}");
    pizza.post(&path, &json!({"orderId": order})).status
}

#[test]
fn an_order_goes_from_the_oven_to_the_door() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "600"]);
    staff(&pizza, &[("far", 40.95), ("near", 40.86)]);
    let order = pizza.order();
    let offered = |id: &str| driver(&pizza, id)["offer"]["orderId"] == order.as_str();
    wait(|| offered("near"));
    assert!(!offered("far"), "one at a time");
    assert_eq!(answer(&pizza, "near", "reject", &order), 200);
    assert_eq!(answer(&pizza, "near", "reject", &order), 409);
    wait(|| offered("far"));
    assert_eq!(answer(&pizza, "far", "accept", &order), 200);
    assert_eq!(driver(&pizza, "far")["status"], "busy");
    let read = || pizza.get(&format!("/api/orders/{order}")).json();
    assert_eq!(read()["driverId"], "far");
    let nothing = json!({});
    assert_eq!(
        pizza.post("/api/drivers/far/picked-up", &nothing).status,
        200
    );
    wait(|| read()["status"] == "outForDelivery");
    assert_eq!(
        pizza.post("/api/drivers/far/delivered", &nothing).status,
        200
    );
    wait(|| read()["status"] == "delivered");
    wait(|| pizza.get("/api/restaurants/napoli/metrics").json()["lastDay"]["delivered"] == 1);
    let metrics = pizza.get("/api/restaurants/napoli/metrics").json();
    assert_eq!(metrics["lastDay"]["revenueCents"], 890);
    assert_eq!(metrics["waitingForDriver"], 0);
    assert_eq!(metrics["availableChefs"], 3);
    let lists_it = |state: &str| {
        let path = format!("/api/restaurants/napoli/orders?state={state}");
        let orders = pizza.get(&path).json()["orders"]
            .as_array()
            .expect("a list")
            .clone();
        orders.iter().any(|line| line["orderId"] == order.as_str())
    };
    assert!(lists_it("delivered"));
    assert!(!lists_it("ready"));
}

#[test]
fn a_closed_restaurant_takes_no_orders() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let body = json!({"customerId": "customer-1", "pizzaType": "Margherita"});
    let set_open = |open: bool| {
        let answer = pizza.post("/api/actors/restaurant/napoli/set-open", &json!([open]));
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    set_open(false);
    wait(|| pizza.post("/api/orders", &body).status == 409);
    let refused = pizza.post("/api/orders", &body);
    assert!(refused.text().contains("closed"), "{}", refused.text());
    set_open(true);
    wait(|| pizza.post("/api/orders", &body).status == 201);
}

#[test]
fn orders_are_listed_page_by_page() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "1"]);
    let mut made: Vec<String> = (0..5).map(|_| pizza.order()).collect();
    made.reverse();
    let page = |query: &str| {
        pizza
            .get(&format!("/api/restaurants/napoli/orders?{query}"))
            .json()
    };
    wait(|| {
        page("limit=9")["orders"]
            .as_array()
            .is_some_and(|o| o.len() == 5)
    });
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = page(&format!("limit=2{after}"));
        for line in page["orders"].as_array().expect("a list") {
            seen.push(line["orderId"].as_str().expect("an id").to_owned());
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    // Orders of one millisecond may change places.
    made.sort();
    seen.sort();
    assert_eq!(seen, made);
    for (query, status) in [
        ("state=eaten", 422),
        ("limit=many", 400),
        ("colour=red", 400),
    ] {
        let path = format!("/api/restaurants/napoli/orders?{query}");
        assert_eq!(
            request(pizza.http, "GET", &path, &[], None).status,
            status,
            "{query}"
        );
    }
}

#[test]
fn a_dashboard_sees_every_change_once_and_goes_on_where_it_was() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "600"]);
    let before = pizza.order();
    let ready =
        |order: &str| pizza.get(&format!("/api/orders/{order}")).json()["status"] == "ready";
    wait(|| ready(&before));
    let path = "/api/dashboard/napoli/stream";
    let mut screen = Reader::open(pizza.http, path, None);
    screen.is_open();
    let order = pizza.order();
    let (mut seen, mut positions) = (Vec::new(), Vec::new());
    while seen.last() != Some(&json!("ready")) {
        let event = screen.next_of_order().expect("an event");
        assert_eq!(
            event.data["orderId"],
            order.as_str(),
            "what was before is not repeated"
        );
        seen.push(event.data["status"].clone());
        positions.push(event.id);
    }
    assert_eq!(seen, ["created", "preparing", "baking", "ready"]);
    drop(screen);
    let mut again = Reader::open(pizza.http, path, positions[1]);
    let next = |_| again.next_of_order().expect("an event");
    let rest: Vec<_> = (0..2).map(next).collect();
    assert_eq!(
        rest.iter().map(|e| e.id).collect::<Vec<_>>(),
        positions[2..]
    );
    assert_eq!(rest[1].data["status"], "ready");
    let nobody = pizza.get("/api/dashboard/nowhere/stream");
    assert_eq!(nobody.status, 404, "{}", nobody.text());
}

#[test]
fn a_dashboard_tells_what_needs_attention() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "1"]);
    let mut screen = Reader::open(pizza.http, "/api/dashboard/napoli/stream", None);
    screen.is_open();
    let low = json!({"thresholds": [{"ingredient": "basil", "quantity": 1_000_000}]});
    let told = pizza.put("/api/inventory/napoli/thresholds", &low);
    assert_eq!(told.status, 200, "{}", told.text());
    pizza.order();
    let alarm = json!(["malfunction", "the door is stuck"]);
    let told = pizza.post("/api/actors/kitchen/napoli/report-alert", &alarm);
    assert_eq!(told.status, 200, "{}", told.text());
    let mut alerts = Vec::new();
    while alerts.len() < 2 {
        let event = screen.next().expect("the stream goes on");
        if event.kind == "alert" {
            assert!(event.data["at"].is_string(), "{event:?}");
            alerts.push((event.data["kind"].clone(), event.data["message"].clone()));
        }
    }
    alerts.sort_by_key(|(kind, _)| kind.to_string());
    let expected = [
        ("low-stock", "low on basil"),
        ("malfunction", "the door is stuck"),
    ];
    assert_eq!(
        alerts,
        expected.map(|(kind, message)| (json!(kind), json!(message)))
    );
    // The restaurant hears them too, and makes nothing of them.
    wait(|| pizza.get("/api/restaurants/napoli/metrics").json()["lastDay"]["orders"] == 1);
}

/// Anybody who reads an order's driver must not learn where a stranger is.
#[test]
fn an_order_is_given_only_to_an_available_driver_of_its_restaurant() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "1"]);
    let order = pizza.order();
    for status in ["preparing", "baking", "ready"] {
        let path = format!("/api/orders/{order}/status");
        assert_eq!(pizza.put(&path, &json!({"status": status})).status, 200);
    }
    staff(&pizza, &[("ours", 40.86), ("asleep", 40.86)]);
    let set = |id: &str, status: &str| {
        let path = format!("/api/drivers/{id}/status");
        let set = pizza.put(&path, &json!({"status": status}));
        assert_eq!(set.status, 200, "{}", set.text());
    };
    set("asleep", "offline");
    // Of another restaurant, and free.
    let called = pizza.post("/api/actors/driver/theirs/join", &json!(["roma"]));
    assert_eq!(called.status, 200, "{}", called.text());
    set("theirs", "available");
    let place = json!({"lat": 41.9, "lon": 12.5, "timestamp": now_ms()});
    pizza.post("/api/drivers/theirs/location", &place);
    let assign = |id: &str| {
        let path = format!("/api/orders/{order}/assign-driver");
        pizza.post(&path, &json!({"driverId": id}))
    };
    for (id, status, why) in [
        ("theirs", 409, "does not drive for napoli"),
        ("asleep", 409, "is not available"),
        ("nobody", 404, "there is no driver nobody"),
    ] {
        let refused = assign(id);
        assert_eq!(refused.status, status, "{id}: {}", refused.text());
        assert!(refused.text().contains(why), "{id}: {}", refused.text());
        let door = format!("/api/actors/order/{order}/assign-driver");
        let refused = pizza.post(&door, &json!([id, null]));
        assert!(refused.json()["err"].is_object() || refused.status >= 400);
    }
    // Nobody gives it to a driver behind the order's back.
    let door = "/api/actors/driver/theirs/assign";
    let refused = pizza.post(door, &json!([order, "roma"]));
    assert!(
        refused.text().contains("only the order"),
        "{}",
        refused.text()
    );
    // Nor does a restaurant offer it to a driver of another one.
    let offer = json!([{"orderId": order, "restaurantId": "napoli",
        "pickUp": {"lat": 40.8, "lon": 14.2}, "expiresAt": 4_000_000_000_000_u64}]);
    pizza.post("/api/actors/driver/theirs/offer", &offer);
    assert_eq!(driver(&pizza, "theirs")["offer"], Value::Null);
    let read = pizza.get(&format!("/api/orders/{order}")).json();
    assert_eq!(
        (&read["driverId"], &read["driverLocation"]),
        (&Value::Null, &Value::Null)
    );
    let given = assign("ours");
    assert_eq!(given.status, 200, "{}", given.text());
    wait(|| driver(&pizza, "ours")["orderId"] == order.as_str());
    // Moved on by hand, it frees its driver, who has delivered it.
    let path = format!("/api/orders/{order}/status");
    for status in ["outForDelivery", "delivered"] {
        assert_eq!(pizza.put(&path, &json!({"status": status})).status, 200);
    }
    wait(|| driver(&pizza, "ours")["status"] == "available");
    assert_eq!(driver(&pizza, "ours")["delivered"], 1);
}

#[test]
fn an_order_moved_by_hand_leaves_the_kitchen_and_its_chef() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "1"]);
    let order = pizza.order();
    let display = || pizza.get("/api/kitchen/napoli/display").json();
    let cook = || {
        let stations = display()["stations"].as_array().expect("a list").clone();
        let station = stations
            .into_iter()
            .find(|s| s["orderId"] == order.as_str())?;
        station["chefId"].as_str().map(str::to_owned)
    };
    let task = |chef: &str| {
        let chef = pizza.post(&format!("/api/actors/chef/{chef}/get"), &json!([]));
        chef.json()["task"].clone()
    };
    let put = |status: &str| {
        let path = format!("/api/orders/{order}/status");
        let moved = pizza.put(&path, &json!({"status": status}));
        assert_eq!(moved.status, 200, "{}", moved.text());
    };
    wait(|| pizza.get(&format!("/api/orders/{order}")).json()["status"] == "preparing");
    let chef = until("a chef", cook);
    // Into the oven: the chef goes on from there.
    put("baking");
    wait(|| task(&chef)["stage"] == "baking");
    assert_eq!(cook().as_deref(), Some(&*chef));
    // Dropped: it is on one chef again, not on two.
    put("preparing");
    wait(|| {
        let chefs: Vec<_> = ["napoli.1", "napoli.2", "napoli.3"].map(&task).into();
        let theirs = |t: &&Value| t["orderId"] == order.as_str() && t["stage"] == "preparing";
        let holding = |t: &&Value| !t.is_null();
        chefs.iter().filter(theirs).count() == 1 && chefs.iter().filter(holding).count() == 1
    });
    assert_eq!(display()["status"]["active"], 1);
    put("baking");
    put("ready");
    wait(|| cook().is_none());
    for chef in ["napoli.1", "napoli.2", "napoli.3"] {
        wait(|| task(chef).is_null());
    }
    let status = display()["status"].clone();
    assert_eq!(
        (&status["active"], &status["pending"]),
        (&json!(0), &json!(0))
    );
}

#[test]
fn an_order_made_by_hand_does_not_stay_in_the_queue_of_a_kitchen_without_chefs() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "1"]);
    for chef in ["1", "2", "3"] {
        pizza.post("/api/actors/kitchen/napoli/clock-out", &json!([chef]));
    }
    let pending = || pizza.get("/api/kitchen/napoli/status").json()["pending"].clone();
    let order = pizza.order();
    wait(|| pending() == 1);
    let moved = pizza.put(
        &format!("/api/orders/{order}/status"),
        &json!({"status": "preparing"}),
    );
    assert_eq!(moved.status, 200, "{}", moved.text());
    wait(|| pending() == 0);
}
