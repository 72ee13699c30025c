//! Clients that are too fast, and clients that are too slow.

use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::common::machine;
use crate::mqtt_broker::client::Subscriber;
use crate::mqtt_broker::raw::{Raw, publish};
use crate::mqtt_broker::world::{OWN, World};

/// Anybody who is not flooding is served as if nobody were.
fn served_at_once(world: &World, times: u16) {
    let mut phone = Raw::new(world.mqtt(), "phone");
    for id in 1..=times {
        let status = if id % 2 == 0 { "offline" } else { "available" };
        let begun = Instant::now();
        phone.publish(id, 2, "pizza/drivers/d/status", status.as_bytes());
        assert_eq!(phone.acknowledged().expect("an answer"), id);
        assert!(begun.elapsed() < Duration::from_secs(2));
        assert_eq!(world.status("d"), status);
    }
}

#[test]
fn who_floods_does_not_hold_up_the_others() {
    const FLOOD: u32 = 10_000;
    // Twenty thousand turns, and somebody who is to be served at once beside them.
    let _alone = machine::alone();
    let limits = "[broker.limits]\nmessages_per_second = 100000\n";
    let world = World::new(&format!("{OWN}{limits}"));
    let at = world.mqtt();
    let mut heard = Subscriber::new(at, &["-q", "0", "-t", "flood/end", "-F", "%p"]);
    std::thread::scope(|scope| {
        let mut floods = Vec::new();
        for flags in [0, 2] {
            floods.push(scope.spawn(move || {
                let mut raw = Raw::new(at, &format!("flood-{flags}"));
                let mut reader = raw.stream.try_clone().expect("a socket");
                let mut all = Vec::new();
                for number in 0..FLOOD {
                    let delivery = json!({"what": "saffron", "count": 1, "number": number});
                    let delivery = delivery.to_string();
                    let id = u16::try_from(number % 50_000 + 1).expect("small");
                    let topic = "shop/napoli/deliveries";
                    all.extend(publish(id, flags, topic, delivery.as_bytes()));
                }
                all.extend(publish(0, 0, "flood/end", b"end"));
                // As fast as it can, while somebody takes the answers.
                let taker = std::thread::spawn(move || {
                    let mut answers = vec![0; if flags == 0 { 0 } else { 4 * FLOOD as usize }];
                    reader.read_exact(&mut answers).expect("all answers");
                    answers
                });
                raw.stream.set_write_timeout(None).expect("no timeout");
                raw.stream.write_all(&all).expect("it reads");
                let answers = taker.join().expect("all answers");
                let ids: HashSet<&[u8]> = answers.chunks(4).collect();
                assert_eq!(ids.len(), if flags == 0 { 0 } else { FLOOD as usize });
                // Anybody who leaves at once may have left before the end is heard.
                raw
            }));
        }
        served_at_once(&world, 20);
        assert_eq!(heard.lines(2), ["end", "end"]);
        for flood in floods {
            flood.join().expect("it ends");
        }
    });
    // Both said the same things.
    assert_eq!(world.supplied("napoli", "saffron"), u64::from(FLOOD));
}

#[test]
fn who_is_too_fast_is_listened_to_later() {
    let world = World::new("[broker.limits]\nmessages_per_second = 100\n");
    let mut raw = Raw::new(world.mqtt(), "hasty");
    let begun = Instant::now();
    for id in 1..=250 {
        raw.publish(id, 2, "nobody/listens", b"x");
    }
    for id in 1..=250 {
        assert_eq!(raw.acknowledged().expect("an answer"), id);
    }
    // A second's worth at once, the rest as fast as it may.
    assert!(begun.elapsed() > Duration::from_millis(1_400));
    assert!(world.counted("pizza_broker_waits_total{reason=\"rate\"}") > 0.0);
}

#[test]
fn who_never_reads_is_dropped_and_takes_no_memory_along() {
    let limits = "[broker.limits]\nwrite_ms_max = 1000\nbytes_per_second = 1000000000\n\
                  messages_per_second = 100000\n";
    let world = World::new(&format!("{OWN}{limits}"));
    let at = world.mqtt();
    let mut lazy = Raw::new(at, "lazy");
    assert_eq!(lazy.subscribe("flood/#", 1), 1);
    let mut publisher = Raw::new(at, "publisher");
    let before = world.resident_mb();
    let big = vec![b'x'; 64 << 10];
    for id in 1..=2_000 {
        publisher.publish(id, 2, "flood/x", &big);
        assert_eq!(publisher.acknowledged().expect("an answer"), id);
    }
    let grown = world.resident_mb().saturating_sub(before);
    assert!(grown < 64, "{grown} MB more for 128 MB that nobody took");
    assert!(world.counted("pizza_broker_dropped_total{place=\"queue\"}") > 0.0);
    // What the system has taken for it may be read; then it is over.
    crate::common::until("it to be dropped", || {
        let why = "pizza_broker_refused_total{reason=\"a client does not read\"}";
        (world.counted(why) > 0.0).then_some(())
    });
    assert!(lazy.hangs_up());
    served_at_once(&world, 4);
}

#[test]
fn masses_of_what_cannot_be_delivered_block_nobody() {
    const COUNT: u32 = 1_000;
    let limits = "[bridge]\nin_flight = 8\n[broker.limits]\nqueue_max = 64\n\
                  bytes_per_second = 1000000000\nmessages_per_second = 100000\n";
    let world = World::new(limits);
    let at = world.mqtt();
    let mut letters = Raw::new(at, "letters");
    assert_eq!(letters.subscribe("pizza/dead-letter", 0), 0);
    let junk = vec![b'x'; 60 << 10];
    std::thread::scope(|scope| {
        for flags in [0, 2] {
            let junk = &junk;
            scope.spawn(move || {
                let mut raw = Raw::new(at, &format!("junk-{flags}"));
                for number in 0..COUNT / 2 {
                    let id = u16::try_from(number + 1).expect("small");
                    raw.publish(id, flags, "pizza/drivers/d/nothing", junk);
                    if flags == 2 {
                        assert_eq!(raw.acknowledged().expect("an answer"), id);
                    }
                }
                // Answered when all before it was taken in.
                raw.send(&[0xc0, 0]);
                assert_eq!(raw.packet(), (0xd0, vec![]));
            });
        }
        // Each dead letter is larger than what the internal client is sent in one go.
        scope.spawn(move || {
            let (first, body) = letters.packet();
            assert_eq!((first, body.len() > 60 << 10), (0x30, true));
        });
        served_at_once(&world, 10);
    });
    crate::common::until("all letters", || {
        let line = "pizza_bridge_dead_letters_total{reason=\"topic\"}";
        (world.counted(line) >= f64::from(COUNT)).then_some(())
    });
    assert!(world.counted("pizza_broker_waits_total{reason=\"behind\"}") > 0.0);
}

#[test]
fn ten_thousand_messages_a_second_are_nothing_special() {
    const COUNT: usize = 20_000;
    let world = World::new("[broker.limits]\nmessages_per_second = 1000000\nqueue_max = 100000\n");
    let at = world.mqtt();
    let mut subscriber = Raw::new(at, "subscriber");
    assert_eq!(subscriber.subscribe("speed/x", 0), 0);
    let mut publisher = Raw::new(at, "publisher");
    let mut answers = publisher.stream.try_clone().expect("a socket");
    let begun = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut all = vec![0; 4 * COUNT];
            answers.read_exact(&mut all).expect("all answers");
        });
        scope.spawn(|| {
            for n in 0..COUNT {
                let id = u16::try_from(n + 1).expect("small");
                publisher.publish(id, 2, "speed/x", b"a position, or what it takes");
            }
        });
        for _ in 0..COUNT {
            assert_eq!(subscriber.packet().0, 0x30);
        }
    });
    // Without optimisation, and on a machine that has more to do.
    let rate = COUNT as f64 / begun.elapsed().as_secs_f64();
    assert!(rate > 2_000.0, "{rate:.0} messages a second");
}
