//! Bad input gets a clear refusal and changes nothing.

use crate::common::{Answer, Pizza, request};
use serde_json::{Value, json};

/// Method, path, body, expected status, and what the problem must tell.
type Case = (&'static str, String, Vec<u8>, u16, &'static str);

fn create(body: &Value, status: u16, tells: &'static str) -> Case {
    let body = body.to_string().into_bytes();
    ("POST", "/api/orders".to_owned(), body, status, tells)
}

fn bytes(body: impl Into<Vec<u8>>, status: u16, tells: &'static str) -> Case {
    ("POST", "/api/orders".to_owned(), body.into(), status, tells)
}

fn get(path: &str, status: u16, tells: &'static str) -> Case {
    ("GET", path.to_owned(), Vec::new(), status, tells)
}

fn order_of(quantity: &Value) -> Value {
    json!({"customerId": "c", "items": [{"pizzaType": "Margherita", "quantity": quantity}]})
}

fn cases() -> Vec<Case> {
    [documents(), orders(), paths(), calls()].concat()
}

fn documents() -> Vec<Case> {
    let deep = deep();
    let deep_items = format!(r#"{{"customerId":"c","items":{deep}}}"#);
    let large = format!(r#"{{"customerId":"{}"}}"#, "x".repeat(2 << 20));
    vec![
        bytes("{\"customerId\": ", 400, "not JSON"),
        bytes("", 400, "not JSON"),
        bytes([0xff, 0xfe, b'{'], 400, "not JSON"),
        bytes(
            r#"{"customerId":"c","pizzaType":"Margherita"} trailing"#,
            400,
            "trailing characters",
        ),
        bytes(deep, 422, "deeper than 32 levels at byte 32"),
        bytes(deep_items, 422, "deeper than 32 levels at byte 57"),
        bytes(large, 413, "1048576 bytes"),
    ]
}

/// Sixty levels.
fn deep() -> String {
    format!("{}1{}", "[".repeat(60), "]".repeat(60))
}

fn orders() -> Vec<Case> {
    let pizza = json!({"pizzaType": "Margherita", "quantity": 1});
    let many = vec![pizza; 51];
    vec![
        create(
            &json!({"customerId": 7, "pizzaType": "Margherita"}),
            422,
            "/customerId",
        ),
        create(&json!({"pizzaType": "Margherita"}), 422, "customerId"),
        create(
            &json!({"customerId": "c", "pizzaType": "Margherita", "tip": 1}),
            422,
            "tip",
        ),
        create(&json!({"customerId": "c"}), 422, "/items"),
        create(&order_of(&json!(0)), 422, "/items/0/quantity"),
        create(&order_of(&json!(100)), 422, "/items/0/quantity"),
        create(&order_of(&json!(-1)), 422, "/items/0/quantity"),
        create(&order_of(&json!("two")), 422, "/items/0/quantity"),
        create(&json!({"customerId": "c", "items": many}), 422, "/items"),
        create(&json!({"customerId": "c", "items": []}), 422, "/items"),
        create(
            &json!({"customerId": "a/b", "pizzaType": "Margherita"}),
            422,
            "/customerId",
        ),
        create(
            &json!({"customerId": "c", "pizzaType": "Cardboard"}),
            409,
            "Cardboard",
        ),
        create(
            &json!({"customerId": "c", "restaurantId": "nowhere", "pizzaType": "Margherita"}),
            409,
            "not on the menu",
        ),
        create(
            &json!({"customerId": "c", "restaurantId": "no/where", "pizzaType": "Margherita"}),
            422,
            "/restaurantId",
        ),
    ]
}

fn paths() -> Vec<Case> {
    let long_key = "k".repeat(200);
    vec![
        get("/api/orders/order-nobody", 404, "order-nobody"),
        get("/api/orders/order-nobody/track", 404, "order-nobody"),
        get("/api/orders/a%2Fb", 422, "'/'"),
        get("/api/orders/a%00b", 422, "position 1"),
        get(&format!("/api/orders/{long_key}"), 422, "200 characters"),
        get("/api/orders/%ff", 400, ""),
        get("/api/restaurants/nowhere", 404, "nowhere"),
        get("/nowhere", 404, "/nowhere"),
        (
            "DELETE",
            "/api/orders".to_owned(),
            Vec::new(),
            405,
            "DELETE",
        ),
    ]
}

fn calls() -> Vec<Case> {
    let deep = deep();
    vec![
        (
            "POST",
            "/api/actors/nobody/key/method".to_owned(),
            Vec::new(),
            404,
            "kitchen",
        ),
        (
            "POST",
            "/api/actors/order/key/fly".to_owned(),
            Vec::new(),
            404,
            "update-status",
        ),
        (
            "POST",
            "/api/actors/order/key/update-status".to_owned(),
            b"[]".to_vec(),
            422,
            "1 to 3",
        ),
        (
            "POST",
            "/api/actors/order/key/update-status".to_owned(),
            br#"{"status":"eaten"}"#.to_vec(),
            422,
            "/status",
        ),
        (
            "POST",
            "/api/actors/order/key/get".to_owned(),
            deep.into_bytes(),
            422,
            "",
        ),
        (
            "POST",
            "/api/drivers/d/location".to_owned(),
            br#"{"lat":91,"lon":0,"timestamp":1}"#.to_vec(),
            422,
            "\"/lat\"",
        ),
        (
            "PUT",
            "/api/drivers/d/status".to_owned(),
            br#"{"status":"asleep"}"#.to_vec(),
            422,
            "/status",
        ),
        (
            "PUT",
            "/api/inventory/napoli/stock".to_owned(),
            br#"{"amounts":[{"ingredient":"","quantity":1}]}"#.to_vec(),
            422,
            "/amounts/0/ingredient",
        ),
    ]
}

fn is_problem(answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    let problem = answer.json();
    kind == "application/problem+json"
        && problem["status"] == answer.status
        && problem["requestId"]
            .as_str()
            .is_some_and(|id| !id.is_empty())
        && problem["type"]
            .as_str()
            .is_some_and(|ty| ty.starts_with("urn:awesome-pizza:problem:"))
}

#[test]
fn every_refusal_is_a_problem_that_names_the_place() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let stock = pizza.get("/api/inventory/napoli").body;
    let mut wrong = Vec::new();
    for (method, path, body, status, tells) in cases() {
        let sent = (!body.is_empty() || method == "POST").then_some(body.as_slice());
        let answer = request(pizza.http, method, &path, &[], sent);
        let told = answer.text().contains(tells);
        if answer.status != status || !told || !is_problem(&answer) {
            let sent = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            wrong.push(format!(
                "{method} {path} {sent}\n  expected {status} telling {tells:?}\n  found {} {}",
                answer.status,
                answer.text()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        pizza.get("/api/inventory/napoli").body,
        stock,
        "no refusal takes stock"
    );
    assert_eq!(pizza.get("/api/kitchen/napoli/status").json()["pending"], 0);
}

#[test]
fn an_illegal_move_names_from_to_and_what_is_allowed() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &["--speed", "1"]);
    let order = pizza.order();
    let path = format!("/api/orders/{order}/status");
    let answer = pizza.put(&path, &json!({"status": "delivered"}));
    assert_eq!(answer.status, 409, "{}", answer.text());
    let problem = answer.json();
    assert_eq!(problem["to"], "delivered");
    let allowed = problem["allowed"].as_array().expect("a list");
    assert!(allowed.contains(&json!("cancelled")), "{problem}");
}

#[test]
fn a_strange_idempotency_key_or_content_type_is_refused() {
    let data = tempfile::tempdir().expect("a directory");
    let pizza = Pizza::start(data.path(), &[]);
    let body = json!({"customerId": "c", "pizzaType": "Margherita"}).to_string();
    let post = |headers: &[(&str, &str)]| {
        request(
            pizza.http,
            "POST",
            "/api/orders",
            headers,
            Some(body.as_bytes()),
        )
    };
    let long = "k".repeat(256);
    assert_eq!(post(&[("idempotency-key", &long)]).status, 400);
    assert_eq!(post(&[("idempotency-key", "a b")]).status, 400);
    assert_eq!(post(&[("content-type", "text/plain")]).status, 415);
    let answer = post(&[("x-request-id", "trace-me-17")]);
    assert_eq!(
        answer.header("x-request-id").as_deref(),
        Some("trace-me-17")
    );
}
