//! What is wrong with a body is told in full.

use crate::socket::Server;

const CREATE: &str = "POST /api/orders";
const LOCATE: &str = "POST /api/drivers/d/location";

/// Pointer and message.
type Mistakes = &'static [(&'static str, &'static str)];
/// A path, a body, and all that is wrong with it.
const ALL_AT_ONCE: &[(&str, &str, Mistakes)] = &[
    (
        CREATE,
        r#"{"customerId":7,"items":[{"pizzaType":"M","quantity":"two"},{"quantity":100,"size":"L"}],
            "deliveryAddress":"a\u202eb","deliveryLocation":{"lat":91,"lon":null},"tip":1}"#,
        &[
            (
                "/customerId",
                "expected a string of 1 to 128 characters of A-Z a-z 0-9 . _ : -, found the number 7",
            ),
            (
                "/items/0/quantity",
                "expected an integer from 1 to 99, found the string \"two\"",
            ),
            (
                "/items/1/quantity",
                "expected an integer from 1 to 99, found the number 100",
            ),
            (
                "/items/1/size",
                "unknown field; known are pizzaType, quantity",
            ),
            ("/items/1/pizzaType", "the field is required"),
            (
                "/deliveryAddress",
                "a string of at most 500 characters without control characters",
            ),
            (
                "/deliveryLocation/lat",
                "expected a number from -90 to 90, found the number 91",
            ),
            (
                "/deliveryLocation/lon",
                "expected a number from -180 to 180, found null",
            ),
            ("/tip", "unknown field; known are customerId"),
        ],
    ),
    (
        CREATE,
        r#"{"customerId":"a b","pizzaType":"M","items":[]}"#,
        &[
            ("/pizzaType", "give either pizzaType or items"),
            ("/customerId", "expected a string of 1 to 128"),
        ],
    ),
    (
        "PUT /api/inventory/i/stock",
        r#"{"amounts":[{"ingredient":1,"quantity":-1},{"ingredient":"","quantity":1.5},7],"x":0}"#,
        &[
            (
                "/amounts/0/ingredient",
                "expected a string of 1 to 100 characters",
            ),
            (
                "/amounts/0/quantity",
                "expected an integer from 0 to 4294967295, found the number -1",
            ),
            ("/amounts/1/ingredient", "found the string \"\""),
            (
                "/amounts/1/quantity",
                "expected an integer from 0 to 4294967295, found the number 1.5",
            ),
            ("/amounts/2", "expected an object, found the number 7"),
            ("/x", "unknown field; known are amounts"),
        ],
    ),
    (
        "PUT /api/inventory/i/recipes",
        r#"{"pizzaType":"M","ingredients":[]}"#,
        &[
            (
                "/ingredients",
                "expected an array of 1 to 50 elements, found an array of 0",
            ),
            ("/priceCents", "the field is required"),
        ],
    ),
    (
        LOCATE,
        r#"{"lat":"N","lon":181,"timestamp":"now","speed":[]}"#,
        &[
            (
                "/lat",
                "expected a number from -90 to 90, found the string \"N\"",
            ),
            (
                "/lon",
                "expected a number from -180 to 180, found the number 181",
            ),
            (
                "/timestamp",
                "expected a time in RFC 3339, as 2026-02-14T19:30:00Z, found the string \"now\"",
            ),
            ("/speed", "found an array of 0"),
        ],
    ),
    (
        "PUT /api/orders/o/status",
        r#"{"status":"eaten","why":"hunger"}"#,
        &[
            ("/status", "expected one of \"created\", \"preparing\""),
            ("/why", "unknown field; known are from, status"),
        ],
    ),
    (
        "POST /api/orders/o/cancel",
        r#"{"reason":{},"x":1}"#,
        &[
            ("/reason", "expected a string of at most 500"),
            ("/x", "unknown field"),
        ],
    ),
    (
        "POST /api/orders/o/confirm-delivery",
        r#"{"x":1,"y":2}"#,
        &[
            ("/x", "unknown field; none is known"),
            ("/y", "unknown field"),
        ],
    ),
    (
        "POST /api/drivers/d/accept",
        r#"["o"]"#,
        &[("", "expected an object, found an array of 1")],
    ),
    (
        "POST /api/kitchen/k/chefs",
        r#""1""#,
        &[("", "expected an object, found the string \"1\"")],
    ),
];

/// A form shows all mistakes at once, not one after the other.
#[tokio::test]
async fn all_mistakes_of_a_body_are_told_at_once_in_words_of_json() {
    let server = Server::start().await;
    for (path, body, expected) in ALL_AT_ONCE {
        let answer = server.send(&format!("{path}\n\n{body}")).await;
        let problem = answer.problem(422, "invalid");
        let errors = problem["errors"].as_array().expect("errors");
        let pointers: Vec<_> = errors.iter().map(|e| e["pointer"].as_str()).collect();
        let wanted: Vec<_> = expected.iter().map(|(pointer, _)| Some(*pointer)).collect();
        assert_eq!(pointers, wanted, "{body}: {errors:#?}");
        for (error, (pointer, words)) in errors.iter().zip(*expected) {
            let message = error["message"].as_str().expect("text");
            assert!(message.contains(words), "{pointer}: {message}");
        }
    }
    assert!(
        server
            .fake
            .calls
            .lock()
            .expect("unpoisoned")
            .iter()
            .all(|call| call.method == "get")
    );
}

/// A compressed body is not JSON that is wrong somewhere.
#[tokio::test]
async fn a_compressed_body_is_refused_by_its_coding() {
    let server = Server::start().await;
    let order = r#"{"customerId":"c","pizzaType":"M"}"#;
    for coding in ["gzip", "br", "identity, zstd", "x"] {
        let request = format!("{CREATE}\ncontent-encoding: {coding}\n\n{order}");
        let answer = server.send(&request).await;
        answer.problem(415, "unsupported-content-encoding");
        assert_eq!(answer.header("accept-encoding"), Some("identity"));
    }
    for coding in ["identity", "Identity", ""] {
        let request = format!("{CREATE}\ncontent-encoding: {coding}\n\n{order}");
        assert_eq!(server.send(&request).await.status, 201, "{coding}");
    }
}
