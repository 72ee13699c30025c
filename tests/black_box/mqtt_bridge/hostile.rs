//! Brokers that forget, drop, send everything again, and talk nonsense.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::common::{Pizza, until};
use crate::mqtt_bridge::fake::{Fake, Visit};

const TOPIC: &[u8] = b"shop/napoli/deliveries";

fn pizzeria(fake: &Fake, version: &str) -> (Pizza, TempDir) {
    let data = tempfile::tempdir().expect("a directory");
    let config = format!(
        r#"
[bridge]
broker = "{}"
version = "{version}"
[[bridge.inbound]]
topic = "shop/{{shop}}/deliveries"
actor = "inventory"
key = "{{shop}}"
method = "restock"
id = "content"
arguments = {{ amounts = [{{ ingredient = "$/what", quantity = "$/count" }}] }}
"#,
        fake.url()
    );
    let file = data.path().join("pizza.toml");
    std::fs::write(&file, config).expect("a file");
    let file = file.display().to_string();
    (Pizza::start(data.path(), &["--config", &file]), data)
}

fn delivery(number: u16) -> Vec<u8> {
    format!(r#"{{"what": "saffron", "count": 1, "number": {number}}}"#).into_bytes()
}

fn supplied(pizza: &Pizza) -> u64 {
    pizza.supplied("napoli", "saffron")
}

/// Lets everything happen to the events that the test is not about.
fn take_events(mut visit: Visit) {
    if visit.let_in() {
        visit.acknowledged(usize::MAX, Duration::from_secs(60));
    }
}

#[test]
fn one_that_forgets_drops_and_sends_everything_again_has_no_second_effect() {
    const MESSAGES: u16 = 300;
    const MORE: u16 = 60;
    let visits = Arc::new(AtomicU16::new(0));
    let done = Arc::new(AtomicUsize::new(0));
    let (counted, all) = (Arc::clone(&visits), Arc::clone(&done));
    let fake = Fake::open(move |mut visit| {
        if visit.is_for_events() {
            // Its connection is dropped every second, too.
            if visit.let_in() {
                visit.acknowledged(usize::MAX, Duration::from_secs(1));
            }
            return;
        }
        let number = counted.fetch_add(1, Ordering::SeqCst);
        if !(visit.let_in() && visit.subscribed()) {
            return;
        }
        let last = MESSAGES.min((number + 1).saturating_mul(MORE));
        for message in 0..last {
            visit.publish(TOPIC, &delivery(message), message + 1);
        }
        if last < MESSAGES {
            // It does not wait for more than a few.
            visit.acknowledged(usize::from(MORE / 2), Duration::from_secs(1));
            return;
        }
        let ids = visit.acknowledged(usize::from(MESSAGES), Duration::from_secs(30));
        let in_order: Vec<u16> = (1..=MESSAGES).collect();
        all.store(usize::from(ids == in_order), Ordering::SeqCst);
        visit.acknowledged(usize::MAX, Duration::from_secs(60));
    });
    let (pizza, _data) = pizzeria(&fake, "5");
    until("all to be acknowledged in order", || {
        (done.load(Ordering::SeqCst) == 1).then_some(())
    });
    assert!(visits.load(Ordering::SeqCst) >= 5);
    assert_eq!(supplied(&pizza), u64::from(MESSAGES));
    assert!(pizza.stop().success());
}

/// What comes instead of a broker's words, after a good message.
fn nonsense() -> Vec<Vec<u8>> {
    let noise = (0..997_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8);
    vec![
        noise.collect(),
        vec![0xff; 64],
        // A length without an end, and one of a quarter of a gigabyte.
        vec![0x30, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x32, 0xff, 0xff, 0xff, 0x7f, 0, 1, b'a'],
        // A topic that is no UTF-8, one that is longer than its packet, none at all.
        vec![0x32, 9, 0, 2, 0xc3, 0x28, 0, 7, 0, b'{', b'}'],
        vec![0x32, 5, 0xff, 0xff, b'a', 0, 1],
        vec![0x32, 0],
        // QoS 2, QoS 3, packet id 0.
        vec![0x34, 9, 0, 3, b'a', b'/', b'b', 0, 9, 0, b'1'],
        vec![0x36, 9, 0, 3, b'a', b'/', b'b', 0, 9, 0, b'1'],
        vec![0x32, 9, 0, 3, b'a', b'/', b'b', 0, 0, 0, b'1'],
        // Answers to what nobody has said.
        vec![0x40, 2, 0xff, 0xff],
        vec![0x50, 2, 0xff, 0xff],
        vec![0x62, 2, 0xff, 0xff],
        vec![0x70, 2, 0xff, 0xff],
        vec![0x90, 4, 0xff, 0xff, 0, 1],
        vec![0x90, 4, 0, 1, 0, 0x42],
        vec![0xb0, 2, 0xff, 0xff],
        vec![0xd0, 0, 0xd0, 0],
        // Packets that only a client sends, and one that nobody does.
        vec![0x10, 2, 0, 0],
        vec![0x82, 2, 0, 1],
        vec![0xc0, 0],
        vec![0x00, 0],
        // A second welcome, a farewell, a question of who we are.
        vec![0x20, 3, 1, 0, 0],
        vec![0xe0, 2, 0x8b, 0],
        vec![0xf0, 2, 0x18, 0],
    ]
}

fn survives_nonsense(version: &str) {
    let nonsense = nonsense();
    let count = nonsense.len();
    let next = Arc::new(AtomicUsize::new(0));
    let done = Arc::new(AtomicUsize::new(0));
    let (number, good) = (Arc::clone(&next), Arc::clone(&done));
    let fake = Fake::open(move |mut visit| {
        if visit.is_for_events() {
            return take_events(visit);
        }
        if !(visit.let_in() && visit.subscribed()) {
            return;
        }
        let number = number.fetch_add(1, Ordering::SeqCst);
        let message = u16::try_from(number.min(count)).expect("few");
        visit.publish(TOPIC, &delivery(message), 3);
        let heard = visit.acknowledged(1, Duration::from_secs(10));
        match nonsense.get(number) {
            Some(words) => {
                visit.send(words);
                visit.acknowledged(usize::MAX, Duration::from_millis(100));
            }
            None => {
                good.store(heard.len(), Ordering::SeqCst);
                visit.acknowledged(usize::MAX, Duration::from_secs(60));
            }
        }
    });
    let (pizza, _data) = pizzeria(&fake, version);
    until("good words after all the others", || {
        (done.load(Ordering::SeqCst) == 1).then_some(())
    });
    assert_eq!(supplied(&pizza), count as u64 + 1, "MQTT {version}");
    pizza.order();
    assert!(pizza.stop().success());
}

#[test]
fn one_that_talks_nonsense_does_not_end_the_bridge() {
    survives_nonsense("5");
}

#[test]
fn nor_does_one_of_the_older_version() {
    survives_nonsense("3.1.1");
}

#[test]
fn one_that_refuses_the_subscription_is_asked_again() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let fake = Fake::open(move |mut visit| {
        if visit.is_for_events() {
            return take_events(visit);
        }
        if !(visit.let_in() && visit.answer_subscription(0x80)) {
            return;
        }
        counted.fetch_add(1, Ordering::SeqCst);
        if visit.subscribed() {
            counted.fetch_add(1, Ordering::SeqCst);
            visit.publish(TOPIC, &delivery(0), 3);
            visit.acknowledged(usize::MAX, Duration::from_secs(60));
        }
    });
    let (pizza, _data) = pizzeria(&fake, "5");
    until("the message", || (supplied(&pizza) == 1).then_some(()));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    let counted = pizza.get("/metrics").text();
    let line = "pizza_bridge_subscriptions_refused_total 1";
    assert!(counted.contains(line), "{counted}");
}
