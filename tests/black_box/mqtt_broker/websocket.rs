//! MQTT over WebSocket by hand, as far as proper clients do not show it: who is let in, how many,
//! how long, and how it ends.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::common::{request, until};
use crate::mqtt_bridge::broker::Mosquitto;
use crate::mqtt_broker::raw::{Raw, connect, packet, text};
use crate::mqtt_broker::world::World;

const HEAD: [(&str, &str); 5] = [
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("sec-websocket-protocol", "mqtt"),
];
// What a frame begins with that is the last of its message (RFC 6455, 5.2).
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;

struct Socket(TcpStream);

impl Socket {
    fn open(at: SocketAddr, more: &[(&str, &str)]) -> Self {
        let mut stream = TcpStream::connect(at).expect("it listens");
        let wait = Some(Duration::from_secs(30));
        stream.set_read_timeout(wait).expect("a timeout");
        let mut head = "GET /mqtt HTTP/1.1\r\nhost: localhost\r\n".to_owned();
        for (name, value) in HEAD.iter().chain(more) {
            head += &format!("{name}: {value}\r\n");
        }
        stream
            .write_all(format!("{head}\r\n").as_bytes())
            .expect("it reads");
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a head");
            answer.extend(byte);
        }
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        Self(stream)
    }

    /// And the code that answers the CONNECT.
    fn connected(at: SocketAddr, more: &[(&str, &str)], connect: &[u8]) -> (Self, u8) {
        let mut socket = Self::open(at, more);
        socket.send(connect);
        let (first, answer) = socket.frame();
        assert_eq!((first, answer[0]), (BINARY, 0x20), "{answer:?}");
        let code = answer[3];
        (socket, code)
    }

    /// A short message, masked with zeros.
    fn send(&mut self, bytes: &[u8]) {
        let length = u8::try_from(bytes.len()).expect("a short one");
        assert!(length < 126);
        let head = [BINARY, 0x80 | length, 0, 0, 0, 0];
        self.0
            .write_all(&[&head, bytes].concat())
            .expect("it reads");
    }

    fn frame(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).expect("a frame");
        assert!(head[1] < 126, "a short one");
        let mut payload = vec![0; head[1].into()];
        self.0.read_exact(&mut payload).expect("a whole frame");
        (head[0], payload)
    }

    fn is_closed_with(&mut self, code: u16) {
        let (first, payload) = self.frame();
        assert_eq!((first, &payload[..2]), (CLOSE, &code.to_be_bytes()[..]));
    }
}

/// Of version 5, without properties.
fn connect_5(id: &str) -> Vec<u8> {
    let body = [text(b"MQTT"), vec![5, 2, 0, 60, 0], text(id.as_bytes())];
    packet(0x10, &body.concat())
}

fn with_password(id: &str, user: &str, password: &str) -> Vec<u8> {
    let texts = [id, user, password].map(|part| text(part.as_bytes()));
    let body = [text(b"MQTT"), vec![4, 0b1100_0010, 0, 60], texts.concat()];
    packet(0x10, &body.concat())
}

#[test]
fn a_broker_that_stops_says_goodbye_to_websockets_too() {
    let mut world = World::new("");
    let (mut socket, code) = Socket::connected(world.pizza.http, &[], &connect_5("a"));
    assert_eq!(code, 0);
    let open = || world.counted("pizza_websockets_open");
    let clients = || world.counted("pizza_broker_connections");
    assert_eq!(open(), 1.0);
    // The bridge has two.
    until("three clients", || (clients() > 2.5).then_some(()));
    let (other, _) = Socket::connected(world.pizza.http, &[], &connect("b", true, None));
    drop(other);
    until("one of them to be gone", || (open() < 1.5).then_some(()));
    world.pizza.terminate();
    // MQTT 5, 3.14.2.1: the server is shutting down. And RFC 6455, 7.4.1: it goes away.
    assert_eq!(socket.frame(), (BINARY, vec![0xe0, 1, 0x8b]));
    socket.is_closed_with(1001);
    drop(socket);
    assert!(world.pizza.wait().success());
    assert!(!world.log().contains("cut off"), "{}", world.log());
}

#[test]
fn the_brokers_limits_hold_for_websockets() {
    let limits = "[broker.limits]\nconnections_max = 2\nconnect_ms_max = 300\nidle_s_max = 2\n";
    let world = World::new(limits);
    let http = world.pizza.http;
    let mut silent = Socket::open(http, &[]);
    // It says nothing, so it is not spoken to.
    assert_eq!(silent.0.read(&mut [0]).expect("an end"), 0);
    let first = Raw::new(world.mqtt(), "first");
    let (second, code) = Socket::connected(http, &[], &connect("second", true, None));
    assert_eq!(code, 0);
    // The third of both kinds: MQTT 3.1.1, 3.2.2.3, "server unavailable".
    let (mut third, code) = Socket::connected(http, &[], &connect("third", true, None));
    assert_eq!(code, 3);
    third.is_closed_with(1000);
    drop((first, second));
    // Whoever is silent for longer than one and a half of the idle time goes.
    let begun = Instant::now();
    let mut idle = until("room", || {
        let (socket, code) = Socket::connected(http, &[], &connect_5("idle"));
        (code == 0).then_some(socket)
    });
    // MQTT 5, 3.14.2.1: keep alive timeout.
    assert_eq!(idle.frame(), (BINARY, vec![0xe0, 1, 0x8d]));
    idle.is_closed_with(1000);
    assert!(begun.elapsed() > Duration::from_secs(2));
}

#[test]
fn who_comes_in_is_known_as_everywhere() {
    let elsewhere = [("x-forwarded-for", "203.0.113.9")];
    let users = "[broker.users]\noven = { password = \"sesame\", role = \"kitchen\" }\n";
    let with_users = World::new(users);
    for more in [&[][..], &elsewhere] {
        for (connect, expected) in [
            (with_password("a", "oven", "sesame"), 0),
            (with_password("b", "oven", "Sesame"), 4),
            (with_password("c", "internal", "sesame"), 4),
            (connect("d", true, None), 4),
        ] {
            let (_, code) = Socket::connected(with_users.pizza.http, more, &connect);
            assert_eq!(code, expected);
        }
    }
    // In the demo nothing has to be shown on this machine, and only there.
    let demo = World::new("");
    let token = &demo.pizza.tokens["driver"];
    for (more, connect, expected) in [
        (&[][..], connect("e", true, None), 0),
        (&elsewhere, connect("f", true, None), 4),
        (&elsewhere, with_password("g", "any", token), 0),
        (&[], with_password("h", "any", "wrong"), 4),
    ] {
        let (_, code) = Socket::connected(demo.pizza.http, more, &connect);
        assert_eq!(code, expected);
    }
}

fn asked(at: SocketAddr, more: &[(&str, &str)]) -> (u16, String) {
    let answer = request(at, "GET", "/mqtt", &[&HEAD[1..], more].concat(), None);
    let detail = answer.json()["detail"].as_str().expect("a text").to_owned();
    (answer.status, detail)
}

#[test]
fn who_cannot_be_let_in_is_told_why() {
    for (config, options) in [
        ("", &["--mqtt", "off"][..]),
        ("[gateway]\nmqtt = false\n", &[]),
    ] {
        let world = World::with(config, options);
        let (status, detail) = asked(world.pizza.http, &[]);
        assert_eq!(status, 404, "{config:?} {options:?}");
        assert!(detail.contains("there is no MQTT here"), "{detail}");
    }
}

#[test]
fn a_broker_elsewhere_is_reached_too() {
    let mut mosquitto = Mosquitto::start();
    let config = format!(
        "[bridge]\nbroker = \"mqtt://127.0.0.1:{}\"\n",
        mosquitto.port()
    );
    let mut world = World::new(&config);
    let http = world.pizza.http;
    let connect = connect("a", true, Some(("clients/will", "gone")));
    let (mut first, code) = Socket::connected(http, &[], &connect);
    assert_eq!(code, 0);
    let subscribe = [&[0, 1][..], &text(b"clients/#"), &[1]].concat();
    first.send(&packet(0x82, &subscribe));
    assert_eq!(first.frame(), (BINARY, vec![0x90, 3, 0, 1, 1]));
    let (second, _) = Socket::connected(http, &[], &connect);
    // Taken over by the same name; Mosquitto says nothing about it in 3.1.1.
    first.is_closed_with(1000);
    drop(second);
    let (status, _) = asked(http, &[("x-forwarded-for", "203.0.113.9")]);
    assert_eq!(status, 401, "nobody knows whether that broker asks");
    let (mut last, _) = Socket::connected(http, &[], &connect);
    mosquitto.stop();
    last.is_closed_with(1000);
    // Without a broker it is over at once, and the log says why.
    let mut lost = Socket::open(http, &[]);
    lost.send(&connect);
    lost.is_closed_with(1000);
    assert!(world.log().contains("no broker for a client by WebSocket"));
    mosquitto.start_again();
    let mut last = until("the broker", || {
        let mut socket = Socket::open(http, &[]);
        socket.send(&connect);
        (socket.frame().0 == BINARY).then_some(socket)
    });
    world.pizza.terminate();
    last.is_closed_with(1001);
    drop(last);
    assert!(world.pizza.wait().success());
}
