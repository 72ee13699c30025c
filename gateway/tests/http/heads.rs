//! The heads of requests: how large they may be, and whom they name.

use pizza_gateway::GatewayConfig;

use crate::socket::Server;

/// A request's head of exactly this many bytes.
fn head_of(bytes: usize) -> String {
    let frame = "GET /health/live HTTP/1.1\r\nhost: localhost\r\nx-long: \r\n\r\n";
    let filler = "x".repeat(bytes - frame.len());
    frame.replace("x-long: ", &format!("x-long: {filler}"))
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let limit = GatewayConfig::default().head_bytes_max;
    assert_eq!(limit, 65_536, "as documented");
    let server = Server::start().await;
    for (bytes, status) in [(limit, 200), (limit + 1, 431), (100_000, 431)] {
        let mut connection = server.connect().await;
        connection.write_raw(head_of(bytes).as_bytes()).await;
        assert_eq!(connection.read().await.status, status, "{bytes} bytes");
    }
}

#[tokio::test]
async fn a_request_names_one_host() {
    let server = Server::start().await;
    for (request, status) in [
        ("GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n", 200),
        (
            "GET /health/live HTTP/1.1\r\nHOST: LocalHost:5000\r\n\r\n",
            200,
        ),
        ("GET /health/live HTTP/1.1\r\nhost: [::1]:5000\r\n\r\n", 200),
        (
            "GET http://localhost/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n",
            200,
        ),
        ("GET /health/live HTTP/1.0\r\n\r\n", 200),
        ("GET /health/live HTTP/1.1\r\n\r\n", 400),
        (
            "GET /health/live HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n",
            400,
        ),
        (
            "GET /health/live HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n",
            400,
        ),
        (
            "GET http://evil.example/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n",
            400,
        ),
        (
            "GET /health/live HTTP/1.1\r\nhost: me@localhost\r\n\r\n",
            400,
        ),
        ("GET /health/live HTTP/1.1\r\nhost: a b\r\n\r\n", 400),
        (
            "GET /health/live HTTP/1.1\r\nhost: evil.example\r\n\r\n",
            421,
        ),
        (
            "GET /health/live HTTP/1.1\r\nhost: localhost.evil.example\r\n\r\n",
            421,
        ),
        ("GET /health/live HTTP/1.1\r\nhost: 192.0.2.1\r\n\r\n", 421),
    ] {
        let mut connection = server.connect().await;
        connection.write_raw(request.as_bytes()).await;
        assert_eq!(connection.read().await.status, status, "{request:?}");
    }
}
