//! An order's events: none twice, none missing, and an end.

use pizza_gateway::GatewayConfig;
use serde_json::{Value, json};

use crate::fake::order;
use crate::socket::{Connection, Server};

/// Events of the stream as `(event, id, data)`.
struct Stream(Connection);

impl Stream {
    async fn open(server: &Server, request: &str) -> Self {
        let mut connection = server.connect().await;
        connection.write(request, b"").await;
        let head = connection.read_head().await.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        Self(connection)
    }

    async fn next(&mut self) -> Option<(String, u64, Value)> {
        let chunk = self.0.chunk().await?;
        let field = |name: &str| {
            let line = chunk.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {chunk:?}"))
                .to_owned()
        };
        let data = serde_json::from_str(&field("data: ")).expect("JSON");
        Some((
            field("event: "),
            field("id: ").parse().expect("a number"),
            data,
        ))
    }

    /// The rest as `event id`.
    async fn rest(&mut self) -> Vec<String> {
        let mut rest = Vec::new();
        while let Some((event, id, _)) = self.next().await {
            rest.push(format!("{event} {id}"));
        }
        rest
    }
}

async fn with_events(config: GatewayConfig, status: &str) -> Server {
    let server = Server::with(config).await;
    server
        .fake
        .answers("order.get", Ok(json!({"ok": order("order-1", status, 5)})));
    for (position, kind, status) in [
        (1, "status", "created"),
        (2, "status", "preparing"),
        (3, "driver", "outForDelivery"),
        (4, "eta", "outForDelivery"),
    ] {
        server.fake.publish(position, kind, status);
    }
    server
}

const TRACK: &str = "GET /api/orders/order-1/track";

#[tokio::test]
async fn a_stream_replays_goes_on_and_ends() {
    let server = with_events(GatewayConfig::default(), "outForDelivery").await;
    let mut stream = Stream::open(&server, TRACK).await;
    let (event, id, data) = stream.next().await.expect("an event");
    assert_eq!((&*event, id), ("status", 1));
    let expected = json!({"orderId": "order-1", "version": 1, "at": "1970-01-01T00:00:01.000Z",
        "status": "created"});
    assert_eq!(data, expected);
    for expected in [("status", 2), ("driver", 3), ("eta", 4)] {
        let (event, id, _) = stream.next().await.expect("an event");
        assert_eq!((&*event, id), expected);
    }
    server.fake.publish(5, "status", "delivered");
    server.fake.publish(6, "driver", "delivered");
    assert_eq!(stream.rest().await, ["status 5", "driver 6", "end 6"]);
}

#[tokio::test]
async fn a_stream_resumes_at_each_position() {
    let small = GatewayConfig {
        sse_page: 2,
        ..GatewayConfig::default()
    };
    let server = with_events(small, "delivered").await;
    server.fake.publish(5, "status", "delivered");
    let all = [
        "status 1", "status 2", "driver 3", "eta 4", "status 5", "end 5",
    ];
    for position in 0..=5 {
        let header = format!("{TRACK}\nlast-event-id: {position}");
        let query = format!("{TRACK}?lastEventId={position}");
        for request in [header, query] {
            let mut stream = Stream::open(&server, &request).await;
            assert_eq!(stream.rest().await, all[position..], "{request}");
        }
    }
}

#[tokio::test]
async fn a_position_that_is_not_kept_is_told_as_a_gap() {
    let server = with_events(GatewayConfig::default(), "delivered").await;
    server.fake.publish(5, "status", "delivered");
    server.fake.forget_events_below(4);
    let rest = ["eta 4", "status 5", "end 5"];
    // Nobody has missed what nobody has asked for; and 4 comes right after 3.
    for request in [TRACK.to_owned(), format!("{TRACK}\nlast-event-id: 3")] {
        assert_eq!(Stream::open(&server, &request).await.rest().await, rest);
    }
    // A position from another history is answered from the beginning.
    for asked in [1, 2, 99] {
        let request = format!("{TRACK}\nlast-event-id: {asked}");
        let mut stream = Stream::open(&server, &request).await;
        let (event, id, data) = stream.next().await.expect("an event");
        assert_eq!((&*event, id), ("gap", 3));
        assert_eq!(
            (&data["asked"], &data["oldest"]),
            (&json!(asked), &json!(4))
        );
        assert_eq!(data["status"], "delivered");
        assert_eq!(stream.rest().await, rest);
    }
}

#[tokio::test]
async fn an_ended_order_without_events_ends_at_once() {
    for status in ["delivered", "cancelled", "rejected"] {
        let server = Server::start().await;
        server
            .fake
            .answers("order.get", Ok(json!({"ok": order("order-1", status, 5)})));
        let mut stream = Stream::open(&server, TRACK).await;
        let (event, _, data) = stream.next().await.expect("an event");
        assert_eq!((&*event, &data["status"]), ("end", &json!(status)));
        assert!(stream.next().await.is_none());
    }
}

#[tokio::test]
async fn a_quiet_stream_is_kept_open() {
    let config = GatewayConfig {
        sse_keepalive_ms: 20,
        ..GatewayConfig::default()
    };
    let server = Server::with(config).await;
    server.fake.answers(
        "order.get",
        Ok(json!({"ok": order("order-1", "baking", 5)})),
    );
    let mut stream = Stream::open(&server, TRACK).await;
    assert_eq!(stream.0.chunk().await.as_deref(), Some(":\n\n"));
}

#[tokio::test]
async fn streams_over_the_limit_are_shed() {
    let config = GatewayConfig {
        sse_streams_max: 1,
        ..GatewayConfig::default()
    };
    let server = with_events(config, "baking").await;
    let mut stream = Stream::open(&server, TRACK).await;
    stream.next().await.expect("an event");
    let shed = server.send(TRACK).await;
    shed.problem(503, "overloaded");
    assert!(shed.header("retry-after").is_some());
    drop(stream);
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let mut connection = server.connect().await;
        connection.write(TRACK, b"").await;
        if connection.read_head().await.starts_with("HTTP/1.1 200") {
            return;
        }
    }
    panic!("a place becomes free when a client goes");
}
