//! What was acknowledged survives the end of the whole process, without any disk in the
//! broker.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use crate::common::until;
use crate::raw::{Raw, connect};
use crate::world::{OWN, World};

const WINDOW: usize = 50;

/// Sends numbered deliveries; those that were not acknowledged again on the next connection.
struct Publisher<'p> {
    at: SocketAddr,
    acknowledged: &'p AtomicU32,
    next: u32,
    unacknowledged: VecDeque<(u16, u32)>,
}

impl Publisher<'_> {
    fn payload(number: u32) -> Vec<u8> {
        let delivery = json!({"what": "saffron", "count": 1, "number": number});
        delivery.to_string().into_bytes()
    }

    /// Until all are acknowledged, or the connection is lost.
    fn run(&mut self, total: u32) -> std::io::Result<()> {
        let stream = std::net::TcpStream::connect(self.at)?;
        let mut raw = Raw { stream };
        use std::io::Write as _;
        raw.stream.write_all(&connect("publisher", true, None))?;
        raw.try_packet()?;
        for (id, number) in &self.unacknowledged {
            let again = crate::raw::publish(*id, 2 | 8, TOPIC, &Self::payload(*number));
            raw.stream.write_all(&again)?;
        }
        while self.next < total || !self.unacknowledged.is_empty() {
            while self.next < total && self.unacknowledged.len() < WINDOW {
                let id = u16::try_from(self.next % 60_000 + 1).expect("small");
                self.unacknowledged.push_back((id, self.next));
                let payload = Self::payload(self.next);
                self.next += 1;
                raw.stream
                    .write_all(&crate::raw::publish(id, 2, TOPIC, &payload))?;
            }
            let id = raw.acknowledged()?;
            let first = self.unacknowledged.pop_front();
            assert_eq!(first.map(|(id, _)| id), Some(id));
            self.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

const TOPIC: &str = "shop/napoli/deliveries";

#[test]
fn each_acknowledged_message_takes_effect_once_whatever_dies() {
    const TOTAL: u32 = 6_000;
    const KILLS: u32 = 4;
    let config = format!("{OWN}\n[broker.limits]\nmessages_per_second = 100000\n");
    let mut world = World::new(&config);
    let acknowledged = AtomicU32::new(0);
    let done = || acknowledged.load(Ordering::SeqCst);
    let at = world.mqtt();
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let mut publisher = Publisher {
                at,
                acknowledged: &acknowledged,
                next: 0,
                unacknowledged: VecDeque::new(),
            };
            until("all to be acknowledged", || publisher.run(TOTAL).ok());
        });
        for kill in 1..=KILLS {
            let enough = kill * TOTAL / (KILLS + 1);
            until("some to be acknowledged", || {
                (done() >= enough).then_some(())
            });
            let before = done();
            world.kill_and_restart();
            // What was acknowledged is there, at once.
            let supplied = world.supplied("napoli", "saffron");
            assert!(supplied >= u64::from(before), "{supplied} of {before}");
        }
        sender.join().expect("the publisher ends");
    });
    assert_eq!(done(), TOTAL);
    assert_eq!(world.supplied("napoli", "saffron"), u64::from(TOTAL));
    assert!(world.counted("pizza_broker_messages_total{direction=\"in\"}") > 0.0);
}

#[test]
fn who_stops_in_peace_acknowledges_what_was_committed() {
    let mut world = World::new(OWN);
    let mut phone = Raw::new(world.mqtt(), "phone");
    for number in 0..60 {
        let payload = Publisher::payload(number);
        phone.publish(
            u16::try_from(number + 1).expect("small"),
            2,
            TOPIC,
            &payload,
        );
    }
    until("some of them", || {
        (world.supplied("napoli", "saffron") > 0).then_some(())
    });
    world.pizza.terminate();
    let mut acknowledged = 0;
    while phone.acknowledged().is_ok() {
        acknowledged += 1;
    }
    world.pizza.wait();
    world.start_again();
    let supplied = world.supplied("napoli", "saffron");
    assert_eq!(
        supplied, acknowledged,
        "what was committed, and what was acknowledged"
    );
}
