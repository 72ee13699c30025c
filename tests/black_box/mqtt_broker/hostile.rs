//! Clients that mean harm. Whatever they do, the pizzeria goes on serving.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};

use rand::rngs::SmallRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

use crate::common::until;
use crate::mqtt_broker::client::publish;
use crate::mqtt_broker::raw::{Raw, connect, packet, publish as published, text};
use crate::mqtt_broker::world::World;

fn still_serves(world: &World, driver: &str) {
    let topic = format!("pizza/drivers/{driver}/status");
    publish(world.mqtt(), &["-q", "1", "-t", &topic, "-m", "available"]);
    assert_eq!(world.status(driver), "available");
    assert_eq!(world.pizza.get("/health/ready").status, 200);
}

/// After a proper beginning or without one.
fn refused(at: SocketAddr, what: &str, bytes: &[&[u8]]) {
    let mut raw = Raw::open(at);
    for part in bytes {
        // It may be closed before all is written.
        drop(raw.stream.write_all(part));
    }
    assert!(raw.hangs_up(), "{what}");
}

#[test]
fn what_is_no_mqtt_is_refused() {
    let world = World::new("[broker.limits]\nconnect_ms_max = 500\n");
    let at = world.mqtt();
    let hello = connect("hostile", true, None);
    let hello = hello.as_slice();
    let long = "a".repeat(60_000);
    let utf8 = packet(0x30, &[&text(b"\xff\xfe\xfd")[..], b"x"].concat());
    let big_will = connect("hostile", true, Some(("w", &long[..40_000])));
    let deep = "a/".repeat(10_000);
    let first = |kind: u8| packet(kind, &[0, 1]);
    let cases: &[(&str, &[&[u8]])] = &[
        ("HTTP", &[b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"]),
        (
            "TLS on the plain port",
            &[b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
        ),
        ("a CONNECT cut short", &[&hello[..9]]),
        (
            "a CONNECT of another protocol",
            &[&packet(0x10, &text(b"MQIsdp"))],
        ),
        (
            "a length without an end",
            &[hello, &[0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]],
        ),
        ("a will of 40 KB", &[&big_will]),
        ("a PUBLISH first", &[&published(1, 2, "a", b"x")]),
        ("a second CONNECT", &[hello, hello]),
        ("a long topic", &[hello, &published(1, 2, &long, b"x")]),
        ("a deep topic", &[hello, &published(1, 2, &deep, b"x")]),
        ("a topic that is no UTF-8", &[hello, &utf8]),
        (
            "a wildcard",
            &[
                hello,
                &published(1, 2, "pizza/drivers/+/status", b"offline"),
            ],
        ),
        ("everything", &[hello, &published(1, 2, "#", b"x")]),
        (
            "a zero in a topic",
            &[hello, &published(1, 2, "a\0b", b"x")],
        ),
        ("no topic", &[hello, &published(1, 2, "", b"x")]),
        ("quality 3", &[hello, &published(1, 6, "a", b"x")]),
        ("the id 0", &[hello, &published(0, 2, "a", b"x")]),
        (
            "a payload of a megabyte",
            &[hello, &published(1, 2, "a", &vec![0; 1 << 20])],
        ),
        ("a SUBSCRIBE without filters", &[hello, &first(0x82)]),
        ("a SUBSCRIBE with wrong flags", &[hello, &first(0x80)]),
        ("a packet for clients", &[hello, &first(0x90)]),
        ("an unknown packet", &[hello, &first(0xf0)]),
    ];
    for (what, bytes) in cases {
        refused(at, what, bytes);
    }
    still_serves(&world, "driver");
    let refusals = world.pizza.get("/metrics").text();
    assert!(refusals.contains("pizza_broker_refused_total{reason=\"a topic has wildcards\"}"));
}

#[test]
fn random_bytes_do_no_harm() {
    let world = World::new("");
    let mut chance = SmallRng::seed_from_u64(42);
    let parts = [
        connect("chance", true, Some(("test/will", "gone"))),
        published(1, 2, "pizza/drivers/d/status", b"available"),
        packet(0x82, &[&[0, 1][..], &text(b"#"), &[1]].concat()),
        packet(0xc0, &[]),
    ];
    for round in 0..400 {
        let mut bytes = match round % 2 {
            0 => vec![0; chance.random_range(1..2_000)],
            _ => parts.concat(),
        };
        match round % 2 {
            0 => chance.fill_bytes(&mut bytes),
            _ => {
                for _ in 0..chance.random_range(1..8) {
                    let at = chance.random_range(0..bytes.len());
                    bytes[at] = chance.random();
                }
            }
        }
        let mut stream = TcpStream::connect(world.mqtt()).expect("it listens");
        drop(stream.write_all(&bytes));
    }
    still_serves(&world, "driver");
}

#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    let world = World::new("");
    let at = world.mqtt();
    let mut silent = Vec::new();
    for n in 0..10_000 {
        // This process may not have as many open; the broker's side is what counts.
        if silent.len() >= 700 {
            silent.remove(0);
        }
        silent.push(TcpStream::connect(at).expect("it listens"));
        if n % 2_500 == 0 {
            still_serves(&world, &format!("driver-{n}"));
        }
    }
    still_serves(&world, "driver");
    // Of those that are still open here, the oldest were closed there.
    let evicted = "pizza_broker_refused_total{reason=\"too many say nothing\"}";
    until("the oldest to be closed", || {
        (world.counted(evicted) > 0.0).then_some(())
    });
    let closed = Raw {
        stream: silent.remove(0),
    };
    assert!(closed.hangs_up());
    assert!(world.resident_mb() < 1_000);
}

#[test]
fn above_the_limits_clients_are_turned_away() {
    let config = "[broker.limits]\nconnections_max = 3\nsessions_max = 4\nsubscriptions_max = 2\n";
    let world = World::new(config);
    let at = world.mqtt();
    // The internal client is not counted.
    let mut inside: Vec<Raw> = (0..3).map(|n| Raw::new(at, &format!("c{n}"))).collect();
    let mut outside = Raw::open(at);
    outside.send(&connect("c3", true, None));
    assert_eq!(outside.packet(), (0x20, vec![0, 3]));
    assert!(outside.hangs_up());
    for (filter, code) in [("a", 1), ("b", 1), ("c", 0x80), ("a", 1)] {
        assert_eq!(inside[0].subscribe(filter, 1), code, "{filter}");
    }
    drop(inside);
    // Sessions that nobody uses make room for those that somebody does.
    for n in 0..20 {
        until("a place", || {
            let mut raw = Raw::open(at);
            raw.send(&connect(&format!("kept-{n}"), false, None));
            let (_, body) = raw.packet();
            (body == [0, 0]).then_some(())
        });
    }
    still_serves(&world, "driver");
}
