//! The same request again is the same message.

use pizza_types::MessageId;
use serde_json::json;

use crate::fake::order;
use crate::socket::Server;

const SHORT: &str = "{\"customerId\":\"c\",\"pizzaType\":\"Margherita\"}";

#[tokio::test]
async fn ten_equal_creates_at_once_are_one_message() {
    let server = Server::start().await;
    let request = format!("POST /api/orders\nidempotency-key: k-1\n\n{SHORT}");
    let answers = (0..10).map(|_| server.send(&request));
    let answers = futures_util::future::join_all(answers).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (201, &answers[0].body));
        assert_eq!(answer.header("location"), answers[0].header("location"));
    }
    let replayed = answers
        .iter()
        .filter(|a| a.header("idempotency-replayed").is_some());
    assert_eq!(replayed.count(), 9);
    let calls = server.fake.calls.lock().expect("unpoisoned");
    let id = MessageId::derive("http", &[b"POST", b"/api/orders", b"k-1"]);
    let order = MessageId::derive("order", &[&id.0]);
    for call in &*calls {
        assert_eq!(call.id, id);
        assert_eq!(call.target, format!("order/order-{order}"));
    }
}

#[tokio::test]
async fn without_a_key_each_create_is_another_order() {
    let server = Server::start().await;
    let request = format!("POST /api/orders\n\n{SHORT}");
    let (one, two) = (server.send(&request).await, server.send(&request).await);
    assert_eq!((one.status, two.status), (201, 201));
    assert_ne!(one.header("location"), two.header("location"));
}

#[tokio::test]
async fn a_key_stands_for_one_body_however_it_is_written() {
    let server = Server::start().await;
    let head = "POST /api/orders\nidempotency-key: k-1";
    let first = server.send(&format!("{head}\n\n{SHORT}")).await;
    let spaced = "{ \"pizzaType\" : \"Margherita\" , \"customerId\" : \"c\" }";
    let again = server.send(&format!("{head}\n\n{spaced}")).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    let other = SHORT.replace("Margherita", "Diavola");
    let other = server.send(&format!("{head}\n\n{other}")).await;
    other.problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let server = Server::start().await;
    let long = "k".repeat(256);
    for lines in [
        "idempotency-key: ".to_owned(),
        "idempotency-key: a b".to_owned(),
        "idempotency-key: käse".to_owned(),
        format!("idempotency-key: {long}"),
        "idempotency-key: a\nidempotency-key: a".to_owned(),
    ] {
        let answer = server
            .send(&format!("POST /api/orders\n{lines}\n\n{SHORT}"))
            .await;
        answer.problem(400, "malformed");
        let put = format!("PUT /api/drivers/d/status\n{lines}\n\n{{\"status\":\"busy\"}}");
        server.send(&put).await.problem(400, "malformed");
    }
    assert!(server.fake.calls.lock().expect("unpoisoned").is_empty());
}

/// A client that asks again must be able to tell what it hears a second time from what is
/// decided anew, whatever was decided.
#[tokio::test]
async fn a_refusal_that_is_heard_again_says_so() {
    let server = Server::start().await;
    let mut rejected = order("order-1", "rejected", 1);
    rejected["rejection"] = json!({"reason": "out-of-stock", "message": "out of dough",
        "missing": [{"ingredient": "dough", "quantity": 1}], "alternatives": []});
    let violation = json!([{"pointer": "/reason", "message": "wrong"}]);
    let conflict = json!({"message": "too late", "allowed": []});
    for (method, answer) in [
        ("order.create", json!({"ok": rejected})),
        ("order.cancel", json!({"err": {"invalid": violation}})),
        (
            "order.confirm-delivery",
            json!({"err": {"conflict": conflict}}),
        ),
        (
            "order.update-status",
            json!({"err": {"notFound": "no such order"}}),
        ),
        ("order.assign-driver", json!({"err": {"stale": 7}})),
        ("x.method", json!({"err": {"own": [1]}})),
    ] {
        server.fake.answers(method, Ok(answer));
    }
    for (request, status) in [
        ("POST /api/orders", 409),
        ("POST /api/orders/o/cancel", 422),
        ("POST /api/orders/o/confirm-delivery", 409),
        ("PUT /api/orders/o/status", 404),
        ("POST /api/orders/o/assign-driver", 412),
        ("POST /api/actors/x/y/method", 409),
    ] {
        let body = match request.rsplit('/').next() {
            Some("orders") => SHORT,
            Some("status") => r#"{"status":"ready"}"#,
            Some("assign-driver") => r#"{"driverId":"d"}"#,
            _ => "{}",
        };
        let request = format!("{request}\nidempotency-key: k-1\n\n{body}");
        let (first, again) = (server.send(&request).await, server.send(&request).await);
        for (answer, replayed) in [(&first, None), (&again, Some("true"))] {
            assert_eq!(answer.status, status, "{answer:?}");
            assert_eq!(answer.header("idempotency-replayed"), replayed, "{request}");
            assert_eq!(answer.header("x-durability"), Some("fsync"), "{request}");
        }
    }
}
