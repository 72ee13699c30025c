//! An order's events: none twice, none missing, and an end.

use std::time::Duration;

use pizza_gateway::{GatewayConfig, Role, Secret, TokenConfig};
use serde_json::{Value, json};

use crate::fake::order;
use crate::socket::{Connection, Server};

/// Events of the stream as `(event, id, data)`.
pub(crate) struct Stream(pub(crate) Connection);

impl Stream {
    pub(crate) async fn open(server: &Server, request: &str) -> Self {
        let mut connection = server.connect().await;
        connection.write(request, b"").await;
        let head = connection.read_head().await.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        Self(connection)
    }

    pub(crate) async fn next(&mut self) -> Option<(String, String, Value)> {
        let mut chunk = self.0.chunk().await?;
        // Where to go on, before anything has happened.
        while chunk.starts_with("retry: ") || chunk.starts_with("event: time\n") {
            chunk = self.0.chunk().await?;
        }
        let field = |name: &str| {
            let line = chunk.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {chunk:?}"))
                .to_owned()
        };
        let data = serde_json::from_str(&field("data: ")).expect("JSON");
        Some((field("event: "), field("id: "), data))
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
    assert_eq!((&*event, &*id), ("status", "1"));
    let expected = json!({"orderId": "order-1", "version": 1, "at": "1970-01-01T00:00:01.000Z",
        "status": "created"});
    assert_eq!(data, expected);
    for expected in [("status", "2"), ("driver", "3"), ("eta", "4")] {
        let (event, id, _) = stream.next().await.expect("an event");
        assert_eq!((&*event, &*id), expected);
    }
    server.fake.publish(5, "status", "delivered");
    server.fake.publish(6, "driver", "delivered");
    assert_eq!(stream.rest().await, ["status 5", "driver 6", "end 6.end"]);
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
        "status 1",
        "status 2",
        "driver 3",
        "eta 4",
        "status 5",
        "end 5.end",
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
    let rest = ["eta 4", "status 5", "end 5.end"];
    // Nobody has missed what nobody has asked for; and 4 comes right after 3.
    for request in [TRACK.to_owned(), format!("{TRACK}\nlast-event-id: 3")] {
        assert_eq!(Stream::open(&server, &request).await.rest().await, rest);
    }
    // A position from another history is answered from the beginning.
    for asked in [1, 2, 99] {
        let request = format!("{TRACK}\nlast-event-id: {asked}");
        let mut stream = Stream::open(&server, &request).await;
        let (event, id, data) = stream.next().await.expect("an event");
        assert_eq!((&*event, &*id), ("gap", "3"));
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
    let opening = stream.0.chunk().await;
    assert_eq!(opening.as_deref(), Some("retry: 2000\nid: 0\n\n"));
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
    let is_open = async || {
        let mut connection = server.connect().await;
        connection.write(TRACK, b"").await;
        connection.read_head().await.starts_with("HTTP/1.1 200")
    };
    let opens = async { while !is_open().await {} };
    let opened = tokio::time::timeout(Duration::from_secs(10), opens).await;
    opened.expect("a place becomes free when a client goes");
}

/// The new driver's way is none of the old one's business.
#[tokio::test]
async fn a_driver_whose_order_went_to_another_hears_no_more_of_it() {
    let token = |name: &str, role| TokenConfig {
        token: Secret::from(name),
        role,
        subject: name.to_owned(),
    };
    let config = GatewayConfig {
        tokens: vec![
            token("ada", Role::Driver),
            token("customer-1", Role::Customer),
        ],
        ..GatewayConfig::default()
    };
    let server = with_events(config, "ready").await;
    let given_to = |driver: &str| {
        let mut order = order("order-1", "ready", 5);
        order["driverId"] = driver.into();
        server.fake.answers("order.get", Ok(json!({"ok": order})));
    };
    given_to("ada");
    let request = |who: &str| format!("{TRACK}\nauthorization: Bearer {who}");
    let mut theirs = Stream::open(&server, &request("ada")).await;
    let mut customers = Stream::open(&server, &request("customer-1")).await;
    for expected in ["1", "2", "3", "4"] {
        for stream in [&mut theirs, &mut customers] {
            let (_, id, _) = stream.next().await.expect("an event");
            assert_eq!(id, expected);
        }
    }
    given_to("bea");
    server.fake.publish(5, "driver", "outForDelivery");
    assert_eq!(theirs.next().await, None, "it is not told any more");
    let (event, id, _) = customers.next().await.expect("an event");
    assert_eq!((&*event, &*id), ("driver", "5"));
    let again = server.send(&request("ada")).await;
    again.problem(403, "forbidden");
}

/// A browser comes back for ever, unless it is told that there is nothing to come for.
#[tokio::test]
async fn whoever_has_seen_the_end_is_told_that_there_is_no_more() {
    let server = with_events(GatewayConfig::default(), "delivered").await;
    server.fake.publish(5, "status", "delivered");
    for request in [
        format!("{TRACK}\nlast-event-id: 5.end"),
        format!("{TRACK}?lastEventId=5.end"),
    ] {
        let answer = server.send(&request).await;
        assert_eq!((answer.status, &*answer.body), (204, ""), "{request}");
    }
    // Anybody who lost the connection right before the end has not seen it.
    let mut stream = Stream::open(&server, &format!("{TRACK}\nlast-event-id: 5")).await;
    assert_eq!(stream.rest().await, ["end 5.end"]);
    // What came late is not lost on those who believe that they have seen everything.
    server.fake.publish(6, "driver", "delivered");
    let mut stream = Stream::open(&server, &format!("{TRACK}\nlast-event-id: 5.end")).await;
    assert_eq!(stream.rest().await, ["driver 6", "end 6.end"]);
    // The end of another history is none of this one.
    let mut stream = Stream::open(&server, &format!("{TRACK}\nlast-event-id: 99.end")).await;
    let (event, id, _) = stream.next().await.expect("an event");
    assert_eq!((&*event, &*id), ("gap", "0"));
}

/// The last event may not be kept any more, but it was seen.
#[tokio::test]
async fn an_order_whose_events_are_forgotten_is_over_too() {
    let server = Server::start().await;
    let delivered = json!({"ok": order("order-1", "delivered", 5)});
    server.fake.answers("order.get", Ok(delivered));
    let answer = server.send(&format!("{TRACK}\nlast-event-id: 0.end")).await;
    assert_eq!(answer.status, 204);
}

const FOLLOW: &str = "GET /api/dashboard/r/stream";

/// A gap whose client loses the connection again must not become "from now on".
#[tokio::test]
async fn whoever_comes_back_with_the_id_of_a_gap_misses_nothing() {
    let server = Server::start().await;
    for position in 1..=3 {
        server.fake.publish_to_restaurant(position, "preparing");
    }
    let mut screen = Stream::open(&server, &format!("{FOLLOW}\nlast-event-id: 99")).await;
    let (event, id, data) = screen.next().await.expect("an event");
    assert_eq!((&*event, &*id), ("gap", "0"));
    assert_eq!((&data["asked"], &data["oldest"]), (&json!(99), &json!(1)));
    drop(screen);
    let mut screen = Stream::open(&server, &format!("{FOLLOW}\nlast-event-id: {id}")).await;
    for expected in ["1", "2", "3"] {
        let (event, id, _) = screen.next().await.expect("an event");
        assert_eq!((&*event, &*id), ("status", expected));
    }
    // Meanwhile the first of them is forgotten: that is told again.
    server.fake.forget_events_below(3);
    let mut screen = Stream::open(&server, &format!("{FOLLOW}\nlast-event-id: 0")).await;
    let (event, id, data) = screen.next().await.expect("an event");
    assert_eq!((&*event, &*id), ("gap", "2"));
    assert_eq!((&data["asked"], &data["oldest"]), (&json!(0), &json!(3)));
}

/// A screen whose connection breaks before the first event knows where to go on.
#[tokio::test]
async fn a_screen_that_has_heard_nothing_yet_can_go_on_too() {
    let server = Server::start().await;
    server.fake.publish_to_restaurant(1, "preparing");
    let mut screen = Stream::open(&server, FOLLOW).await;
    let opening = screen.0.chunk().await.expect("an opening");
    assert_eq!(opening, "retry: 2000\nid: 1\n\n");
    drop(screen);
    server.fake.publish_to_restaurant(2, "baking");
    let mut screen = Stream::open(&server, &format!("{FOLLOW}\nlast-event-id: 1")).await;
    let (event, id, _) = screen.next().await.expect("an event");
    assert_eq!((&*event, &*id), ("status", "2"));
}
