//! The whole pizzeria in its own process, through its public doors.

use crate::common::hired::hire;
use crate::common::sse::Reader;
use crate::common::{Pizza, request, until};
use serde_json::json;

#[test]
fn an_order_is_cooked_driven_and_delivered() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "600"]);
    let order = pizza.order();
    let track = format!("/api/orders/{order}/track");
    let mut events = Reader::open(pizza.http, &track, None);
    let mut statuses = Vec::new();
    while statuses.last().is_none_or(|s| s != "ready") {
        let event = events.next().expect("the order goes on");
        assert_eq!(event.id, Some(statuses.len() as u64 + 1));
        statuses.push(event.data["status"].as_str().expect("a status").to_owned());
    }
    assert_eq!(statuses, ["created", "preparing", "baking", "ready"]);

    hire(&pizza, &["driver-1"]);
    let driver = json!({"driverId": "driver-1"});
    let assigned = pizza.post(&format!("/api/orders/{order}/assign-driver"), &driver);
    assert_eq!(assigned.status, 200, "{}", assigned.text());
    let status = || pizza.get("/api/drivers/driver-1/status").json()["status"].clone();
    until("the driver to be busy", || {
        (status() == "busy").then_some(())
    });
    assert_eq!(
        pizza
            .post("/api/drivers/driver-1/picked-up", &json!({}))
            .status,
        200
    );
    let read = || pizza.get(&format!("/api/orders/{order}")).json();
    until("the order to be on its way", || {
        (read()["status"] == "outForDelivery").then_some(())
    });
    assert_eq!(
        pizza
            .post("/api/drivers/driver-1/delivered", &json!({}))
            .status,
        200
    );

    // The stream ends when the order does, and tells so.
    let mut last = None;
    while let Some(event) = events.next() {
        last = Some(event.kind.clone());
        if event.kind == "end" {
            break;
        }
    }
    assert_eq!(last.as_deref(), Some("end"));
    assert_eq!(read()["status"], "delivered");
    assert!(pizza.stop().success());
}

#[test]
fn the_same_create_ten_times_at_once_makes_one_order() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let body = json!({"customerId": "customer-1", "pizzaType": "Margherita"}).to_string();
    let create = |body: &str| {
        let headers = [("idempotency-key", "key-1")];
        request(
            pizza.http,
            "POST",
            "/api/orders",
            &headers,
            Some(body.as_bytes()),
        )
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(|| create(&body))).collect();
        threads
            .into_iter()
            .map(|t| t.join().expect("an answer"))
            .collect()
    });
    for answer in &answers {
        assert_eq!(
            (answer.status, &answer.body),
            (201, &answers[0].body),
            "{}",
            answer.text()
        );
    }
    let consumed = |pizza: &Pizza| {
        let stock = pizza.get("/api/inventory/napoli").json();
        let lines = stock["stock"].as_array().expect("lines").clone();
        let dough = lines
            .iter()
            .find(|line| line["ingredient"] == "dough")
            .expect("dough");
        dough["reserved"].as_u64().expect("a number")
            + dough["consumed"].as_u64().expect("a number")
    };
    assert_eq!(consumed(&pizza), 1, "one order takes one dough");

    // After a crash the answer is still the same, and another body is refused.
    pizza.kill();
    let pizza = Pizza::start(data.path(), &[]);
    let headers = [("idempotency-key", "key-1")];
    let again = request(
        pizza.http,
        "POST",
        "/api/orders",
        &headers,
        Some(body.as_bytes()),
    );
    assert_eq!((again.status, &again.body), (201, &answers[0].body));
    let other = json!({"customerId": "customer-2", "pizzaType": "Margherita"}).to_string();
    let refused = request(
        pizza.http,
        "POST",
        "/api/orders",
        &headers,
        Some(other.as_bytes()),
    );
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(
        refused.text().contains("idempotency-key-reused"),
        "{}",
        refused.text()
    );
}

#[test]
fn a_second_process_on_the_same_data_is_refused() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let second = std::process::Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(["--http", "127.0.0.1:0", "--https", "off"])
        .args(["--mqtt", "127.0.0.1:0", "--mqtts", "off"])
        .args(["--admin", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .output()
        .expect("the binary runs");
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("data directory"), "{said}");
    assert_eq!(pizza.get("/health/ready").status, 200);
}
