//! What a driver's screen is told, from the offer to the door, and where an order goes that its
//! driver cannot bring there.

use serde_json::{Value, json};

use crate::common::sse::Reader;
use crate::common::{Pizza, now_ms, until};

fn post(pizza: &Pizza, path: &str, body: &Value) -> Value {
    let answer = pizza.post(path, body);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// Drivers at these latitudes, who work.
fn staff(pizza: &Pizza, drivers: &[(&str, f64)]) {
    let mut profile = pizza.get("/api/restaurants/napoli").json()["profile"].clone();
    profile["drivers"] = drivers.iter().map(|(id, _)| *id).collect();
    profile["address"] = "Piazza Grande 1".into();
    post(
        pizza,
        "/api/actors/restaurant/napoli/configure",
        &json!([profile]),
    );
    for (id, lat) in drivers {
        let place = json!([{"lat": lat, "lon": 14.2681, "timestamp": now_ms()}]);
        post(pizza, &format!("/api/drivers/{id}/location"), &place);
        until("the driver to know the restaurant", || {
            (status(pizza, id)["restaurantId"] == "napoli").then_some(())
        });
        let works = json!({"status": "available"});
        let answer = pizza.put(&format!("/api/drivers/{id}/status"), &works);
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    until("all to wait", || {
        let day = pizza
            .get(&format!("/api/drivers/{}/day", drivers[0].0))
            .json();
        (day["waiting"] == drivers.len()).then_some(())
    });
}

fn status(pizza: &Pizza, id: &str) -> Value {
    pizza.get(&format!("/api/drivers/{id}/status")).json()
}

/// The next event of this name; its data.
fn next(stream: &mut Reader, name: &str) -> Value {
    loop {
        let event = stream.next().expect("an event");
        if event.kind == name {
            return event.data;
        }
    }
}

#[test]
fn an_order_that_its_driver_cannot_deliver_is_brought_by_the_next_one() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "600"]);
    staff(&pizza, &[("near", 40.86), ("far", 40.95)]);
    let after = status(&pizza, "near")["position"].as_u64();
    assert!(after.is_some_and(|position| position > 0), "{after:?}");
    let open = |path: &str, after| {
        let mut stream = Reader::open(pizza.http, path, after);
        stream.is_open();
        stream
    };
    let mut near = open("/api/drivers/near/stream", after);
    let mut far = open("/api/drivers/far/stream", None);
    let mut manager = open("/api/dashboard/napoli/stream", None);
    let order = pizza.order();

    let offer = next(&mut near, "offer");
    assert_eq!(offer["orderId"], order.as_str());
    let told = &offer["driver"]["offer"];
    assert_eq!(told["pizzas"], 1, "{told}");
    assert_eq!(told["seconds"], 60, "{told}");
    assert_eq!(told["pickUpAddress"], "Piazza Grande 1", "{told}");
    let metres = told["toRestaurantM"].as_u64().expect("a distance");
    assert!((900..1_500).contains(&metres), "{told}");

    let of_order = json!({"orderId": order});
    post(&pizza, "/api/drivers/near/accept", &of_order);
    assert_eq!(next(&mut near, "assigned")["orderId"], order.as_str());
    post(&pizza, "/api/drivers/near/picked-up", &json!({}));
    assert_eq!(next(&mut near, "order")["status"], "outForDelivery");

    let reason = json!({"reason": "vehicle"});
    let gone = post(&pizza, "/api/drivers/near/cannot-deliver", &reason);
    assert_eq!(
        (&gone["status"], &gone["orderId"]),
        (&json!("offline"), &Value::Null)
    );
    assert_eq!(next(&mut near, "released")["reason"], "returned");
    let alert = next(&mut manager, "alert");
    assert_eq!(alert["kind"], "cannot-deliver");
    let message = alert["message"].as_str().expect("a message");
    assert!(
        message.contains(&order) && message.contains("near"),
        "{message}"
    );

    next_one_brings(&pizza, &mut far, &order);
}

/// Nobody has lost it: the next driver is asked, and somebody else says that it has left.
fn next_one_brings(pizza: &Pizza, far: &mut Reader, order: &str) {
    assert_eq!(next(far, "offer")["orderId"], order);
    post(pizza, "/api/drivers/far/accept", &json!({"orderId": order}));
    let left = pizza.put(
        &format!("/api/orders/{order}/status"),
        &json!({"status": "outForDelivery"}),
    );
    assert_eq!(left.status, 200, "{}", left.text());
    assert_eq!(next(far, "order")["status"], "outForDelivery");
    let way: Vec<_> = (1..=5_u32)
        .map(|n| json!({"lat": 40.95 + f64::from(n) / 1_000.0, "lon": 14.2681, "timestamp": now_ms() + u64::from(n)}))
        .collect();
    post(pizza, "/api/drivers/far/location", &json!(way));
    post(pizza, "/api/drivers/far/delivered", &json!({}));
    assert_eq!(next(far, "released")["reason"], "delivered");
    let read = pizza.get(&format!("/api/orders/{order}")).json();
    assert_eq!(
        (&read["status"], &read["driverId"]),
        (&json!("delivered"), &json!("far"))
    );
    let day = pizza.get("/api/drivers/far/day").json();
    assert_eq!(day["deliveries"], 1, "{day}");
    let metres = day["metres"].as_u64().expect("a distance");
    assert!((500..700).contains(&metres), "{day}");
    let steps = pizza.get(&format!("/api/orders/{order}/timeline")).json();
    assert!(
        steps.to_string().contains("\"from\":\"outForDelivery\""),
        "{steps}"
    );
}
