//! Whatever goes wrong is told in one form.

use pizza_types::{CallError, MessageId};
use serde_json::{Value, json};

use crate::socket::Server;

#[tokio::test]
async fn requests_that_are_refused_before_any_actor_is_asked() {
    let server = Server::start().await;
    let long = format!("GET /api/orders/{}", "k".repeat(200));
    for (request, status, code) in [
        ("GET /", 404, "not-found"),
        ("GET /api/orders/", 404, "not-found"),
        ("GET /api/nothing", 404, "not-found"),
        ("DELETE /api/orders/order-1", 405, "method-not-allowed"),
        ("GET /api/orders", 405, "method-not-allowed"),
        ("GET /api/orders/a%2Fb", 422, "invalid-id"),
        ("GET /api/orders/a%00b", 422, "invalid-id"),
        ("GET /api/orders/..%2F..%2Fetc", 422, "invalid-id"),
        ("GET /api/orders/k%C3%A4se", 422, "invalid-id"),
        ("GET /api/orders/%FF", 400, "malformed"),
        (&long, 422, "invalid-id"),
        ("GET /api/kitchen/a%20b/status", 422, "invalid-id"),
        ("DELETE /api/kitchen/napoli/chefs/a%2Fb", 422, "invalid-id"),
        ("GET /api/kitchen/napoli/queue?limit=many", 400, "malformed"),
        (
            "GET /api/inventory/napoli/history?days=-1",
            400,
            "malformed",
        ),
        (
            "POST /api/actors/x/y/z\ncontent-type: text/plain\n\n[]",
            415,
            "unsupported-media-type",
        ),
        ("POST /api/actors/x/y/z\n\n[1", 400, "malformed"),
        ("POST /api/actors/a%2Fb/y/z\n\n[]", 422, "invalid-id"),
        ("POST /api/orders", 400, "malformed"),
        (
            "POST /api/orders\ncontent-type: text/plain\n\n{}",
            415,
            "unsupported-media-type",
        ),
        ("POST /api/orders/order-1/cancel\n\n[]", 422, "invalid"),
        (
            "POST /api/orders/order-1/confirm-delivery\n\n{\"x\":1}",
            422,
            "invalid",
        ),
        ("GET /api/orders/a%2Fb/track", 422, "invalid-id"),
        (
            "GET /api/orders/order-1/track\nlast-event-id: x",
            400,
            "malformed",
        ),
        (
            "GET /api/orders/order-1/track?lastEventId=-1",
            400,
            "malformed",
        ),
    ] {
        server.send(request).await.problem(status, code);
    }
    let wrong = server.send("DELETE /api/orders/order-1").await;
    assert_eq!(wrong.header("allow"), Some("GET,HEAD"));
    let calls = server.fake.calls.lock().expect("unpoisoned");
    // Whether there is such a restaurant is asked before what is asked of it.
    let asked: Vec<_> = calls.iter().filter(|call| call.method != "get").collect();
    assert!(asked.is_empty(), "{asked:?}");
}

/// A path, a body, and the place in it that is refused.
const MISFITS: &[(&str, &str, &str)] = &[
    (CREATE, r#"{"pizzaType":"M"}"#, "/customerId"),
    (CREATE, r#"{"customerId":7,"pizzaType":"M"}"#, "/customerId"),
    (CREATE, r#"{"customerId":"c"}"#, "/items"),
    (CREATE, r#"{"customerId":"c","pizza":"M"}"#, "/pizza"),
    (
        CREATE,
        r#"{"customerId":"c","pizzaType":"M","items":[]}"#,
        "/pizzaType",
    ),
    (
        CREATE,
        r#"{"customerId":"c","items":[{"pizzaType":"M"}]}"#,
        "/items/0/quantity",
    ),
    (
        CREATE,
        r#"{"customerId":"c","items":[{"pizzaType":"M","quantity":1},{"pizzaType":"M","quantity":-1}]}"#,
        "/items/1/quantity",
    ),
    (
        CREATE,
        r#"{"customerId":"c","pizzaType":"M","a/b~c":1}"#,
        "/a~1b~0c",
    ),
    (
        CREATE,
        r#"{"customerId":"c","customerId":"d","pizzaType":"M"}"#,
        "/customerId",
    ),
    (CREATE, "[]", ""),
    (
        "PUT /api/orders/o/status",
        r#"{"status":"eaten"}"#,
        "/status",
    ),
    (
        "POST /api/orders/o/assign-driver",
        r#"{"driverId":"a/b"}"#,
        "/driverId",
    ),
    ("POST /api/kitchen/k/chefs", "{}", "/chefId"),
    (
        "PUT /api/inventory/i/stock",
        r#"{"amounts":[{"ingredient":"d","quantity":1.5}]}"#,
        "/amounts/0/quantity",
    ),
    (
        "PUT /api/inventory/i/stock",
        r#"{"amounts":[{"ingredient":"d","quantity":4294967296.0}]}"#,
        "/amounts/0/quantity",
    ),
    (LOCATE, r#"{"lat":1,"lon":2,"timestamp":1.5}"#, "/timestamp"),
    (
        LOCATE,
        r#"{"lat":1,"lon":2,"timestamp":1e20}"#,
        "/timestamp",
    ),
    (
        "PUT /api/drivers/d/status",
        r#"{"status":"asleep"}"#,
        "/status",
    ),
    (LOCATE, r#"{"lat":1,"lon":2}"#, "/timestamp"),
    (
        LOCATE,
        r#"{"lat":1,"lon":2,"timestamp":"now"}"#,
        "/timestamp",
    ),
    (LOCATE, r#"{"lat":"N","lon":2,"timestamp":1}"#, "/lat"),
];
const CREATE: &str = "POST /api/orders";
const LOCATE: &str = "POST /api/drivers/d/location";

#[tokio::test]
async fn bodies_that_do_not_fit_are_refused_with_their_place() {
    let server = Server::start().await;
    for (path, body, pointer) in MISFITS {
        let answer = server.send(&format!("{path}\n\n{body}")).await;
        let problem = answer.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], *pointer, "{body}");
        let message = problem["errors"][0]["message"].as_str().expect("text");
        assert!(
            !message.is_empty() && !message.contains("at line") && !message.contains("u32"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused_with_line_and_column() {
    let server = Server::start().await;
    for (body, line, column) in [
        (r#"{"customerId":"c",}"#, 1, 19),
        ("{\n\"customerId\" \"c\"}", 2, 14),
        (r#"{"customerId":"c","pizzaType":"M"} {}"#, 1, 36),
        (r#"{"customerId":"c""#, 1, 17),
        // A place in what was sent, whatever was made of it.
        (r#"{"a":10.000,"b"}"#, 1, 16),
    ] {
        let answer = server.send(&format!("{CREATE}\n\n{body}")).await;
        let problem = answer.problem(400, "malformed");
        assert_eq!(
            (&problem["line"], &problem["column"]),
            (&json!(line), &json!(column))
        );
    }
}

#[tokio::test]
async fn what_an_actor_declines() {
    let server = Server::start().await;
    let violation = |pointer: &str| json!({"pointer": pointer, "message": "wrong"});
    let short = "POST /api/orders\n\n{\"customerId\":\"c\",\"pizzaType\":\"M\"}";
    for (inside, outside) in [
        ("/order/customerId", "/customerId"),
        ("/order/items/0/pizzaType", "/pizzaType"),
        ("/order/items", "/pizzaType"),
    ] {
        let refusal = json!({"err": {"invalid": [violation(inside)]}});
        server.fake.answers("order.create", Ok(refusal));
        let problem = server.send(short).await.problem(422, "invalid");
        assert_eq!(problem["errors"], json!([violation(outside)]));
    }
    let refusal = json!({"err": {"notFound": "no such order"}});
    server.fake.answers("order.get", Ok(refusal));
    for request in ["GET /api/orders/order-1", "GET /api/orders/order-1/track"] {
        let problem = server.send(request).await.problem(404, "not-found");
        assert_eq!(problem["detail"], "no such order");
    }
    let conflict = json!({"message": "too late", "current": "baking", "wanted": "cancelled",
        "allowed": ["ready", "preparing"]});
    server
        .fake
        .answers("order.cancel", Ok(json!({"err": {"conflict": conflict}})));
    let cancelled = server.send("POST /api/orders/order-1/cancel").await;
    let problem = cancelled.problem(409, "conflict");
    assert_eq!(
        (&problem["from"], &problem["to"]),
        (&json!("baking"), &json!("cancelled"))
    );
    assert_eq!(problem["allowed"], json!(["ready", "preparing"]));
    server
        .fake
        .answers("x.method", Ok(json!({"err": {"own": [1]}})));
    let declined = server.send("POST /api/actors/x/y/method\n\n[]").await;
    assert_eq!(
        declined.problem(409, "declined")["error"],
        json!({"own": [1]})
    );
}

/// Lets an actor fail like this; `members` and Retry-After are what the problem has.
async fn check_failure(
    error: CallError,
    (status, code): (u16, &str),
    members: &[&str],
    retry_after: Option<&str>,
) {
    let server = Server::start().await;
    server.fake.answers("x.method", Err(error));
    let answer = server.send("POST /api/actors/x/y/method\n\n[]").await;
    let problem = answer.problem(status, code);
    assert_eq!(answer.header("retry-after"), retry_after, "{code}");
    for member in members {
        assert_ne!(problem[member], Value::Null, "{problem}");
    }
}

#[tokio::test]
async fn calls_that_can_never_succeed() {
    let why = || "because".to_owned();
    let (actor_type, known) = (why(), why());
    let unknown = CallError::UnknownType { actor_type, known };
    check_failure(unknown, (404, "not-found"), &[], None).await;
    let misfit = CallError::bad_argument("/a", why());
    check_failure(misfit, (422, "invalid"), &["errors"], None).await;
    let cycle = CallError::Cycle { cycle: why() };
    check_failure(cycle, (508, "cycle"), &[], None).await;
    let (depth, limit, chain) = (17, 16, why());
    let deep = CallError::TooDeep {
        depth,
        limit,
        chain,
    };
    check_failure(deep, (508, "too-deep"), &[], None).await;
    let (bound, detail) = ("cpu".into(), why());
    let failed = CallError::Failed { bound, detail };
    check_failure(failed, (500, "actor-failed"), &["bound"], None).await;
    let id = MessageId([7; 16]);
    let actor = "order/order-1".to_owned();
    let retired = CallError::Retired { actor };
    check_failure(retired, (410, "retired"), &[], None).await;
    let reused = CallError::MessageIdReused { id };
    check_failure(reused, (422, "idempotency-key-reused"), &[], None).await;
}

#[tokio::test]
async fn calls_that_may_succeed_later() {
    let why = || "because".to_owned();
    let (when, id) = ("in the mailbox".into(), MessageId([7; 16]));
    let late = CallError::Deadline { when };
    check_failure(late, (504, "deadline"), &[], None).await;
    let (what, retry_after_ms) = (why(), 1_001);
    let busy = CallError::Overloaded {
        what,
        retry_after_ms,
    };
    check_failure(busy, (503, "overloaded"), &[], Some("2")).await;
    let again = &["messageId"];
    check_failure(CallError::Moved, (503, "moved"), again, Some("1")).await;
    let unknown = CallError::Unknown { id, detail: why() };
    check_failure(unknown, (503, "unknown-outcome"), again, Some("1")).await;
    let store = CallError::Store { detail: why() };
    check_failure(store, (503, "unavailable"), &[], Some("1")).await;
    let full = CallError::StorageFull { detail: why() };
    check_failure(full, (507, "storage-full"), &[], Some("5")).await;
    let closing = CallError::ShuttingDown;
    check_failure(closing, (503, "unavailable"), &[], Some("1")).await;
}

#[tokio::test]
async fn a_reply_of_another_form() {
    let server = Server::start().await;
    let odd = json!({"ok": {"some": "thing"}});
    server.fake.answers("order.get", Ok(odd));
    let answer = server.send("GET /api/orders/order-1").await;
    answer.problem(502, "unexpected-reply");
}

#[tokio::test]
async fn a_panic_is_a_problem_too() {
    let server = Server::start().await;
    let mut connection = server.connect().await;
    connection.write("POST /api/actors/panic/y/now", b"").await;
    connection.read().await.problem(500, "internal");
    connection.write("GET /health/live", b"").await;
    assert_eq!(connection.read().await.status, 200);
}

#[tokio::test]
async fn every_answer_has_its_request_id_and_is_hardened() {
    let server = Server::start().await;
    for (given, taken) in [
        ("abc-1._:", true),
        ("a b", false),
        ("a\"b", false),
        ("", false),
        (&*"x".repeat(129), false),
    ] {
        let request = format!("GET /health/live\nx-request-id: {given}");
        let answer = server.send(&request).await;
        let id = answer.header("x-request-id").expect("an id");
        assert_eq!(id == given, taken, "{given:?} became {id:?}");
        assert!(!id.is_empty());
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value));
        }
    }
}
