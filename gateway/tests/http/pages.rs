//! Web pages elsewhere: none may read an answer, but those that are listed.

use pizza_gateway::GatewayConfig;

use crate::socket::{Answer, Server};

const PREFLIGHT: &str = "OPTIONS /api/orders\naccess-control-request-method: POST\n\
                         access-control-request-headers: content-type,idempotency-key\norigin: ";

fn allows<'a>(answer: &'a Answer, what: &str) -> Option<&'a str> {
    answer.header(&format!("access-control-allow-{what}"))
}

#[tokio::test]
async fn no_page_elsewhere_may_ask_by_default() {
    let server = Server::start().await;
    let asked = server
        .send(&format!("{PREFLIGHT}https://pizza.example"))
        .await;
    assert_eq!(allows(&asked, "origin"), None, "{asked:?}");
    let read = server
        .send("GET /api/restaurants\norigin: https://pizza.example")
        .await;
    assert_eq!(allows(&read, "origin"), None, "{read:?}");
    let posted = server.send("POST /api/orders/order-1/cancel\norigin: https://pizza.example");
    posted.await.problem(403, "other-origin");
}

#[tokio::test]
async fn a_listed_page_may_ask_and_read() {
    let server = Server::with(GatewayConfig {
        cors_origins: vec![
            "https://pizza.example"
                .to_owned()
                .try_into()
                .expect("an origin"),
        ],
        ..GatewayConfig::default()
    })
    .await;
    let asked = server
        .send(&format!("{PREFLIGHT}https://pizza.example"))
        .await;
    assert_eq!(asked.status, 200, "{asked:?}");
    assert_eq!(allows(&asked, "origin"), Some("https://pizza.example"));
    assert!(allows(&asked, "methods").is_some_and(|methods| methods.contains("PUT")));
    let headers = allows(&asked, "headers").unwrap_or_default();
    assert!(headers.contains("idempotency-key") && headers.contains("authorization"));
    assert_eq!(allows(&asked, "credentials"), None, "there are no cookies");
    let read = server
        .send("GET /health/live\norigin: https://pizza.example")
        .await;
    assert_eq!(
        (read.status, allows(&read, "origin")),
        (200, Some("https://pizza.example"))
    );
    // Answers differ by who asks, and caches have to know it.
    assert!(
        read.header("vary")
            .is_some_and(|vary| vary.contains("origin")),
        "{read:?}"
    );
    // Also of what was refused, or the page could not tell why.
    let refused = server
        .send("GET /nothing\norigin: https://pizza.example")
        .await;
    assert_eq!(
        (refused.status, allows(&refused, "origin")),
        (404, Some("https://pizza.example"))
    );
    for other in ["https://other.example", "http://pizza.example", "null"] {
        let asked = server.send(&format!("{PREFLIGHT}{other}")).await;
        assert_eq!(allows(&asked, "origin"), None, "{other}");
        let posted = format!("POST /api/orders/order-1/cancel\norigin: {other}");
        server.send(&posted).await.problem(403, "other-origin");
    }
}

#[tokio::test]
async fn whatever_a_browser_says_of_the_page_must_be_ours() {
    let server = Server::start().await;
    for (headers, admitted) in [
        ("", true),
        ("origin: http://localhost", true),
        (
            "sec-fetch-site: same-origin\norigin: http://localhost",
            true,
        ),
        ("sec-fetch-site: none", true),
        ("sec-fetch-site: cross-site", false),
        ("sec-fetch-site: same-site", false),
        ("origin: null", false),
        ("origin: http://localhost:3000", false),
        ("origin: http://localhost\norigin: http://localhost", false),
        (
            "origin: http://localhost\nsec-fetch-site: cross-site",
            false,
        ),
    ] {
        for request in [
            "POST /api/orders/order-1/cancel",
            "GET /api/dashboard/r/stream",
            "GET /health/live\nupgrade: websocket\nconnection: upgrade",
            "GET /health/live\naccept: text/event-stream",
        ] {
            let mut connection = server.connect().await;
            connection
                .write(&format!("{request}\n{headers}"), b"")
                .await;
            let head = connection.read_head().await;
            let refused = head.starts_with("HTTP/1.1 403");
            assert_eq!(refused, !admitted, "{request}\n{headers}: {head}");
        }
        // To look is no command.
        let looked = server.send(&format!("GET /health/live\n{headers}")).await;
        assert_eq!(looked.status, 200, "{headers}");
    }
}
