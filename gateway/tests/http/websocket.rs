//! MQTT over WebSocket, as far as the gateway has to do with it: who gets through, and what
//! becomes a stream of bytes. A client of WebSocket by hand, for what proper ones do not do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pizza_gateway::{ByteStream, GatewayConfig, Mqtt, Opener, Role, Secret, TokenConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::socket::{Connection, Server};

const BYTES_MAX: usize = 10_000;
const WAIT: Duration = Duration::from_secs(5);
const OPEN: &str = "GET /mqtt\nconnection: Upgrade\nupgrade: websocket\n\
    sec-websocket-version: 13\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\n\
    sec-websocket-protocol: chat, mqtt";
// What frames begin with (RFC 6455, 5.2): the last one of a message, and its kind.
const LAST: u8 = 0x80;
const GOES_ON: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

fn mqtt<F>(asks_who: bool, serve: impl Fn(ByteStream) -> F + Send + Sync + 'static) -> Mqtt
where
    F: Future<Output = ()> + Send + 'static,
{
    Mqtt {
        serve: Box::new(move |stream, _| Box::pin(serve(stream))),
        asks_who,
        message_bytes_max: BYTES_MAX,
    }
}

/// Sends back what it is sent, and says goodbye where it may.
async fn echo(mut stream: ByteStream) {
    let mut bytes = [0; 1_000];
    while let Ok(count @ 1..) = stream.read(&mut bytes).await {
        if stream.write_all(&bytes[..count]).await.is_err() || stream.flush().await.is_err() {
            break;
        }
    }
    drop(timeout(WAIT, stream.shutdown()).await);
}

/// A WebSocket that is open.
struct Socket(Connection);

impl Socket {
    async fn open(server: &Server, more: &str) -> Self {
        let mut connection = server.connect().await;
        connection.write(&format!("{OPEN}{more}"), b"").await;
        let head = connection.read_head().await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(head.contains("sec-websocket-protocol: mqtt\r\n"), "{head}");
        // RFC 6455, 1.3, has this key and what is made of it.
        assert!(head.contains("s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        Self(connection)
    }

    async fn send(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match u16::try_from(payload.len()).expect("a short one") {
            short @ 0..126 => frame.push(0x80 | u8::try_from(short).expect("7 bits")),
            long => {
                frame.push(0x80 | 126);
                frame.extend(long.to_be_bytes());
            }
        }
        // A mask of zeros is one too.
        frame.extend([0; 4]);
        frame.extend(payload);
        self.0.write_raw(&frame).await;
    }

    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let read = async {
            let mut head = [0; 2];
            self.0.read_raw(&mut head).await?;
            let length = match head[1] {
                126 => {
                    let mut length = [0; 2];
                    self.0.read_raw(&mut length).await?;
                    usize::from(u16::from_be_bytes(length))
                }
                short => short.into(),
            };
            let mut payload = vec![0; length];
            self.0.read_raw(&mut payload).await?;
            std::io::Result::Ok((head[0], payload))
        };
        let read = timeout(WAIT, read).await.expect("a frame in time");
        read.expect("a frame")
    }

    /// The code with which the server closes, whatever it says before.
    async fn close_code(&mut self) -> u16 {
        loop {
            let (first, payload) = self.frame().await;
            if first == LAST | CLOSE {
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
    }

    async fn is_echoed(&mut self, text: &[u8]) {
        self.send(LAST | BINARY, text).await;
        assert_eq!(self.frame().await, (LAST | BINARY, text.to_vec()));
    }
}

#[tokio::test]
async fn what_is_no_websocket_for_mqtt_is_told_so() {
    let without = Server::start().await;
    let problem = without.send(OPEN).await.problem(404, "not-found");
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.contains("no broker is configured"), "{detail}");

    let server = Server::with_mqtt(GatewayConfig::default(), Some(mqtt(true, echo))).await;
    for (request, status, code, header) in [
        (
            "GET /mqtt".to_owned(),
            426,
            "upgrade-required",
            Some(("upgrade", "websocket")),
        ),
        (
            OPEN.replace("upgrade: websocket", "upgrade: h2c"),
            426,
            "upgrade-required",
            Some(("upgrade", "websocket")),
        ),
        (
            OPEN.replace("version: 13", "version: 8"),
            426,
            "upgrade-required",
            Some(("sec-websocket-version", "13")),
        ),
        (
            OPEN.replace("chat, mqtt", "chat, mqttv3.1"),
            400,
            "malformed",
            None,
        ),
        (
            OPEN.replace("\nsec-websocket-protocol: chat, mqtt", ""),
            400,
            "malformed",
            None,
        ),
        (OPEN.replace("GET", "POST"), 405, "method-not-allowed", None),
        // A page of a stranger, and a name that is not ours.
        (
            format!("{OPEN}\norigin: http://strange.example"),
            403,
            "other-origin",
            None,
        ),
        (format!("{OPEN}\norigin: null"), 403, "other-origin", None),
        (
            format!("{OPEN}\nsec-fetch-site: cross-site"),
            403,
            "other-origin",
            None,
        ),
    ] {
        let answer = server.send(&request).await;
        answer.problem(status, code);
        if let Some((name, value)) = header {
            assert_eq!(answer.header(name), Some(value), "{request}");
        }
    }
    let mut rebound = server.connect().await;
    let head = OPEN
        .replace('\n', "\r\n")
        .replace("/mqtt", "/mqtt HTTP/1.1");
    let head = format!("{head}\r\nhost: rebound.example\r\n\r\n");
    rebound.write_raw(head.as_bytes()).await;
    rebound.read().await.problem(421, "other-host");
    // Its own page is let in.
    Socket::open(&server, "\norigin: http://localhost")
        .await
        .is_echoed(b"hello")
        .await;
}

#[tokio::test]
async fn binary_messages_are_a_stream_of_bytes() {
    let server = Server::with_mqtt(GatewayConfig::default(), Some(mqtt(true, echo))).await;
    let mut socket = Socket::open(&server, "").await;
    socket.is_echoed(b"one").await;
    // A message in three frames, with a ping between them.
    socket.send(BINARY, b"tw").await;
    socket.send(LAST | PING, b"there?").await;
    assert_eq!(socket.frame().await, (LAST | PONG, b"there?".to_vec()));
    socket.send(GOES_ON, b"o, thr").await;
    socket.send(LAST | GOES_ON, b"ee").await;
    assert_eq!(
        socket.frame().await,
        (LAST | BINARY, b"two, three".to_vec())
    );
    socket.send(LAST | BINARY, b"").await;
    socket.is_echoed(b"four").await;
    // In pieces of the reader's size; more than one message may have at once, in the end.
    let long: Vec<u8> = (0..=250).cycle().take(BYTES_MAX).collect();
    socket.send(LAST | BINARY, &long).await;
    let mut seen = Vec::new();
    while seen.len() < long.len() {
        seen.extend(socket.frame().await.1);
    }
    assert_eq!(seen, long);
    socket.send(LAST | CLOSE, &1000_u16.to_be_bytes()).await;
    assert_eq!(socket.close_code().await, 1000);
}

#[tokio::test]
async fn what_mqtt_does_not_allow_closes_the_connection() {
    let server = Server::with_mqtt(GatewayConfig::default(), Some(mqtt(true, echo))).await;
    let mut text = Socket::open(&server, "").await;
    text.send(LAST | TEXT, b"hello").await;
    assert_eq!(text.close_code().await, 1003);
    let mut large = Socket::open(&server, "").await;
    large.send(LAST | BINARY, &[0; BYTES_MAX + 1]).await;
    assert_eq!(large.close_code().await, 1008);
    let mut in_pieces = Socket::open(&server, "").await;
    for first in [BINARY, GOES_ON, LAST | GOES_ON] {
        in_pieces.send(first, &[0; BYTES_MAX / 2]).await;
    }
    assert_eq!(in_pieces.close_code().await, 1008);
    let mut unmasked = Socket::open(&server, "").await;
    unmasked.0.write_raw(&[LAST | BINARY, 1, b'x']).await;
    assert_eq!(unmasked.close_code().await, 1008);
    for first in [LAST | PING, LAST | BINARY] {
        let mut busy = Socket::open(&server, "").await;
        for _ in 0..1_000 {
            busy.send(first, b"").await;
        }
        assert_eq!(busy.close_code().await, 1008);
    }
}

#[tokio::test]
async fn a_broker_that_asks_nobody_is_for_those_who_may_do_everything() {
    let token = |token: &str, role| TokenConfig {
        token: Secret::from(token),
        role,
        subject: "napoli".to_owned(),
    };
    let config = GatewayConfig {
        anonymous_on_loopback: false,
        tokens: vec![token("manager", Role::Manager), token("admin", Role::Admin)],
        ..GatewayConfig::default()
    };
    let server = Server::with_mqtt(config.clone(), Some(mqtt(false, echo))).await;
    server.send(OPEN).await.problem(401, "unauthorized");
    let manager = format!("{OPEN}\nauthorization: Bearer manager");
    server.send(&manager).await.problem(403, "forbidden");
    let mut admin = Socket::open(&server, "\nauthorization: Bearer admin").await;
    admin.is_echoed(b"hello").await;
    // On this machine, where nobody has to say who he is, and not behind a proxy.
    let server = Server::with_mqtt(GatewayConfig::default(), Some(mqtt(false, echo))).await;
    Socket::open(&server, "").await.is_echoed(b"hello").await;
    let handed_on = format!("{OPEN}\nx-forwarded-for: 203.0.113.9");
    server.send(&handed_on).await.problem(401, "unauthorized");
    // One that asks is open to all, and hears what the gateway knows.
    let said = |mut stream: ByteStream, opener: Opener| async move {
        let said = format!("{opener:?}");
        drop(stream.write_all(said.as_bytes()).await);
        drop(timeout(WAIT, stream.shutdown()).await);
    };
    let asks = || Mqtt {
        serve: Box::new(move |stream, opener| Box::pin(said(stream, opener))),
        ..mqtt(true, echo)
    };
    let strict = Server::with_mqtt(config, Some(asks())).await;
    let demo = Server::with_mqtt(GatewayConfig::default(), Some(asks())).await;
    let wrong = format!("{OPEN}\nauthorization: Bearer wrong");
    strict.send(&wrong).await.problem(401, "unauthorized");
    for (server, more, expected) in [
        (&strict, "", "Unknown"),
        (&strict, "\nauthorization: Bearer manager", "Unknown"),
        (&strict, "\nauthorization: Bearer admin", "Trusted"),
        (&demo, "", "Trusted"),
        (&demo, "\nx-forwarded-for: 203.0.113.9", "Unknown"),
    ] {
        let mut socket = Socket::open(server, more).await;
        let told = (LAST | BINARY, expected.as_bytes().to_vec());
        assert_eq!(socket.frame().await, told, "{more}");
    }
}

#[tokio::test]
async fn an_open_websocket_has_its_permit_until_it_ends() {
    let config = GatewayConfig {
        connections_per_address_max: 2,
        ..GatewayConfig::default()
    };
    let server = Server::with_mqtt(config, Some(mqtt(true, echo))).await;
    let mut first = Socket::open(&server, "").await;
    let mut second = Socket::open(&server, "").await;
    // Both are in use: neither makes room.
    let mut third = server.connect().await;
    third
        .write_raw(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    assert!(third.ends_within(WAIT).await);
    first.is_echoed(b"still here").await;
    second.send(LAST | CLOSE, &1000_u16.to_be_bytes()).await;
    assert_eq!(second.close_code().await, 1000);
    // It is given back when the stream is dropped, a moment after the goodbye.
    let answered = async {
        loop {
            let mut again = server.connect().await;
            again
                .write_raw(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
                .await;
            if !again.ends_within(Duration::from_millis(50)).await {
                return;
            }
        }
    };
    timeout(WAIT, answered)
        .await
        .expect("the permit comes back");
    first.is_echoed(b"and still").await;
}

#[tokio::test]
async fn who_does_not_read_makes_the_writer_wait() {
    const CHUNK: usize = 64 << 10;
    let (written, blocked) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (count, told) = (Arc::clone(&written), Arc::clone(&blocked));
    let serve = move |mut stream: ByteStream| {
        let (written, blocked) = (Arc::clone(&count), Arc::clone(&told));
        async move {
            let some = vec![7; CHUNK];
            while timeout(Duration::from_millis(500), stream.write_all(&some))
                .await
                .is_ok()
            {
                written.fetch_add(CHUNK, Ordering::Relaxed);
            }
            blocked.notify_one();
        }
    };
    let server = Server::with_mqtt(GatewayConfig::default(), Some(mqtt(true, serve))).await;
    let _silent = Socket::open(&server, "").await;
    timeout(Duration::from_secs(30), blocked.notified())
        .await
        .expect("it is held up");
    let written = written.load(Ordering::Relaxed);
    // What the system's buffers take, on both sides.
    assert!((CHUNK..32 << 20).contains(&written), "{written} bytes");
}

#[tokio::test]
async fn when_the_gateway_stops_the_goodbye_says_so() {
    let (stopping, stopped) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (stop, done) = (Arc::clone(&stopping), Arc::clone(&stopped));
    let serve = move |mut stream: ByteStream| {
        let (stop, done) = (Arc::clone(&stop), Arc::clone(&done));
        async move {
            stop.notified().await;
            stream.write_all(b"last words").await.expect("it is open");
            drop(timeout(WAIT, stream.shutdown()).await);
            done.notify_one();
        }
    };
    let mut server = Server::with_mqtt(GatewayConfig::default(), Some(mqtt(true, serve))).await;
    let mut socket = Socket::open(&server, "").await;
    server.begin_to_stop();
    // HTTP does not wait for it: whoever serves MQTT does.
    server.stopped().await;
    stopping.notify_one();
    assert_eq!(
        socket.frame().await,
        (LAST | BINARY, b"last words".to_vec())
    );
    assert_eq!(socket.close_code().await, 1001);
    // It waits for the client to agree.
    assert!(
        timeout(Duration::from_millis(50), stopped.notified())
            .await
            .is_err()
    );
    socket.send(LAST | CLOSE, &1001_u16.to_be_bytes()).await;
    timeout(WAIT, stopped.notified()).await.expect("it is over");
}
