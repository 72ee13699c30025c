//! Nothing that a client sends is without a limit.

use std::time::Duration;

use pizza_gateway::GatewayConfig;

use crate::socket::{Connection, Server};

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_read() {
    let server = Server::with(GatewayConfig {
        body_bytes_max: 1_000,
        ..GatewayConfig::default()
    })
    .await;
    let body = |len: usize| format!("\"{}\"", "x".repeat(len - 2)).into_bytes();
    let head = "POST /api/actors/x/y/method";
    let fits = server.send_bytes(head, &body(1_000)).await;
    fits.problem(404, "not-found");
    for len in [1_001, 100_000] {
        server
            .send_bytes(head, &body(len))
            .await
            .problem(413, "too-large");
    }
    let mut connection = server.connect().await;
    connection
        .write(&format!("{head}\ncontent-length: 2000000000"), b"")
        .await;
    connection.read().await.problem(413, "too-large");
    // Without a declared length it is counted as it comes.
    let mut connection = server.connect().await;
    let chunked = format!("{head}\ntransfer-encoding: chunked\ncontent-type: application/json");
    connection.write(&chunked, b"").await;
    for _ in 0..3 {
        connection
            .write_raw(format!("190\r\n{}\r\n", "1".repeat(400)).as_bytes())
            .await;
    }
    connection.read().await.problem(413, "too-large");
}

#[tokio::test]
async fn deep_nesting_is_refused() {
    let server = Server::start().await;
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let head = "POST /api/actors/x/y/method";
    let legal = server.send_bytes(head, nested(32).as_bytes()).await;
    legal.problem(404, "not-found");
    for levels in [33, 100_000] {
        let deep = server.send_bytes(head, nested(levels).as_bytes()).await;
        deep.problem(422, "invalid");
        let deep = server
            .send_bytes("POST /api/orders", nested(levels).as_bytes())
            .await;
        deep.problem(422, "invalid");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Server::with(GatewayConfig {
        body_ms_max: 50,
        ..GatewayConfig::default()
    })
    .await;
    let mut connection = server.connect().await;
    let head = "POST /api/orders\ncontent-type: application/json\ncontent-length: 10";
    connection.write(head, b"").await;
    connection.read().await.problem(408, "slow-request");
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let server = Server::with(GatewayConfig {
        head_ms_max: 50,
        ..GatewayConfig::default()
    })
    .await;
    let mut connection = server.connect().await;
    connection
        .write_raw(b"GET /health/live HTTP/1.1\r\nx-slow: ")
        .await;
    assert!(connection.ends_within(Duration::from_secs(5)).await);
    let mut silent = server.connect().await;
    assert!(silent.ends_within(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn an_actor_that_does_not_answer_is_not_waited_for() {
    let server = Server::with(GatewayConfig {
        call_ms_max: 0,
        ..GatewayConfig::default()
    })
    .await;
    server.fake.held.send_replace(true);
    let answer = server.send("POST /api/actors/x/y/method\n\n[]").await;
    let problem = answer.problem(503, "unknown-outcome");
    assert_eq!(problem["messageId"], server.fake.last().id.to_string());
}

/// Is at work as long as it lasts.
async fn follow(connection: &mut Connection) {
    connection.write("GET /api/dashboard/r/stream", b"").await;
    let head = connection.read_head().await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
}

#[tokio::test]
async fn an_idle_connection_gives_way_and_one_at_work_stays() {
    let server = Server::with(GatewayConfig {
        connections_max: 1,
        ..GatewayConfig::default()
    })
    .await;
    let mut idle = server.connect().await;
    idle.write("GET /health/live", b"").await;
    assert_eq!(idle.read().await.status, 200);
    let mut newcomer = server.connect().await;
    newcomer.write("GET /health/live", b"").await;
    assert_eq!(newcomer.read().await.status, 200);
    assert!(idle.ends_within(Duration::from_secs(5)).await);
    // A stream is at work as long as it lasts: anybody who comes then waits.
    follow(&mut newcomer).await;
    let mut late = server.connect().await;
    late.write("GET /health/live", b"").await;
    let early = tokio::time::timeout(Duration::from_millis(100), late.read()).await;
    assert!(early.is_err(), "only one connection is served");
    drop(newcomer);
    assert_eq!(late.read().await.status, 200);
    // Anybody who waits while others leave is not forgotten, however these two meet.
    for _ in 0..100 {
        follow(&mut late).await;
        let mut next = server.connect().await;
        next.write("GET /health/live", b"").await;
        drop(late);
        assert_eq!(next.read().await.status, 200);
        late = next;
    }
}

#[tokio::test]
async fn an_address_has_no_more_than_its_share() {
    let server = Server::with(GatewayConfig {
        connections_per_address_max: 1,
        ..GatewayConfig::default()
    })
    .await;
    let mut busy = server.connect().await;
    follow(&mut busy).await;
    let mut refused = server.connect().await;
    refused
        .write_raw(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    assert!(refused.ends_within(Duration::from_secs(5)).await);
}

/// Nobody else waits while others misuse the gateway.
async fn others_are_served(server: &Server) {
    let order = r#"{"customerId":"customer-1","pizzaType":"Margherita"}"#;
    for (request, status) in [
        ("GET /health/live".to_owned(), 200),
        (format!("POST /api/orders\n\n{order}"), 201),
    ] {
        let served = tokio::time::timeout(Duration::from_secs(2), server.send(&request)).await;
        let answer = served.unwrap_or_else(|_| panic!("{request} is not answered"));
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

#[tokio::test]
async fn idle_streams_over_the_limit_are_shed_and_the_others_hear_everything() {
    const STREAMS: usize = 400;
    const DASHBOARD: &str = "GET /api/dashboard/r/stream";
    let server = Server::with(GatewayConfig {
        sse_streams_max: STREAMS,
        ..GatewayConfig::default()
    })
    .await;
    let mut idle: Vec<Connection> = Vec::new();
    for _ in 0..STREAMS {
        let mut client = server.connect().await;
        client.write(DASHBOARD, b"").await;
        let head = client.read_head().await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let opening = client.chunk().await.expect("where to go on");
        assert!(opening.starts_with("retry: "), "{opening}");
        idle.push(client);
    }
    for _ in 0..20 {
        let shed = server.send(DASHBOARD).await;
        shed.problem(503, "overloaded");
        let wait = shed.header("retry-after").expect("a time to come back");
        assert!(wait.parse::<u32>().is_ok_and(|s| s > 0), "{wait}");
    }
    others_are_served(&server).await;
    server.fake.publish_to_restaurant(1, "ready");
    for client in &mut idle {
        let event = client.chunk().await.expect("the stream goes on");
        assert!(event.contains(r#""status":"ready""#), "{event}");
    }
}

#[tokio::test]
async fn a_flood_of_headers_is_cut_off() {
    let server = Server::start().await;
    let long = format!("x-long: {}\r\n", "x".repeat(1_000)).repeat(100);
    let many = (0..200)
        .map(|n| format!("x-{n}: 1\r\n"))
        .collect::<String>();
    let mut floods = Vec::new();
    for headers in [long, many].iter().cycle().take(60) {
        let mut client = server.connect().await;
        client.write_raw(b"GET /health/live HTTP/1.1\r\n").await;
        // No end comes; what is too much is too much before it.
        client.write_raw(headers.as_bytes()).await;
        floods.push((client, headers.len()));
    }
    others_are_served(&server).await;
    for (mut client, bytes) in floods {
        if bytes < 64 << 10 {
            client.write_raw(b"\r\n").await;
        }
        assert!(client.ends_within(Duration::from_secs(5)).await, "{bytes}");
    }
}

#[tokio::test]
async fn many_slow_bodies_harm_nobody_and_end() {
    let server = Server::with(GatewayConfig {
        body_ms_max: 1_000,
        ..GatewayConfig::default()
    })
    .await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut client = server.connect().await;
        let head = "POST /api/orders\ncontent-type: application/json\ncontent-length: 1000";
        client.write(head, b"").await;
        client.write_raw(b"{").await;
        slow.push(client);
    }
    others_are_served(&server).await;
    for mut client in slow {
        client.read().await.problem(408, "slow-request");
    }
}
