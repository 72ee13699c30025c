//! What was acknowledged survives the end of the whole process, without any disk in the
//! broker.

use std::collections::VecDeque;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::common::probe::{self, notes};
use crate::common::until;
use crate::mqtt_broker::raw::{Raw, connect, publish};
use crate::mqtt_broker::world::{OWN, World};

const WINDOW: usize = 50;

/// Tells numbered notes of one driver; those that were not acknowledged again on the next
/// connection.
struct Publisher<'p> {
    at: SocketAddr,
    driver: String,
    acknowledged: &'p AtomicUsize,
    next: usize,
    unacknowledged: VecDeque<(u16, usize)>,
}

impl Publisher<'_> {
    fn packet(&self, id: u16, flags: u8, number: usize) -> Vec<u8> {
        let topic = format!("drivers/{}/notes", self.driver);
        let payload = json!({"note": number.to_string()}).to_string();
        publish(id, flags, &topic, payload.as_bytes())
    }

    /// Until all are acknowledged, or the connection is lost.
    fn run(&mut self, total: usize) -> std::io::Result<()> {
        let stream = TcpStream::connect(self.at)?;
        let mut raw = Raw { stream };
        raw.stream.write_all(&connect(&self.driver, true, None))?;
        raw.try_packet()?;
        for (id, number) in &self.unacknowledged {
            raw.stream.write_all(&self.packet(*id, 2 | 8, *number))?;
        }
        while self.next < total || !self.unacknowledged.is_empty() {
            while self.next < total && self.unacknowledged.len() < WINDOW {
                let id = u16::try_from(self.next % 60_000 + 1).expect("small");
                self.unacknowledged.push_back((id, self.next));
                let packet = self.packet(id, 2, self.next);
                self.next += 1;
                raw.stream.write_all(&packet)?;
            }
            let id = raw.acknowledged()?;
            let first = self.unacknowledged.pop_front();
            assert_eq!(first.map(|(id, _)| id), Some(id));
            self.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

#[test]
fn each_of_10_000_takes_effect_once_and_in_order_whatever_dies() {
    const DRIVERS: usize = 10;
    const EACH: usize = 1_000;
    const KILLS: usize = 5;
    let config = format!(
        "{}\n[broker.limits]\nmessages_per_second = 100000\n",
        probe::MAPPING
    );
    let mut world = World::new(&config);
    let data = world.dir.path().join("data");
    probe::push(&world.pizza, &data, world.dir.path());
    let acknowledged: [AtomicUsize; DRIVERS] = Default::default();
    let done = || acknowledged.each_ref().map(|n| n.load(Ordering::SeqCst));
    let at = world.mqtt();
    std::thread::scope(|scope| {
        for (number, acknowledged) in acknowledged.iter().enumerate() {
            let mut publisher = Publisher {
                at,
                driver: format!("driver-{number}"),
                acknowledged,
                next: 0,
                unacknowledged: VecDeque::new(),
            };
            scope.spawn(move || {
                until("all to be acknowledged", || publisher.run(EACH).ok());
            });
        }
        for kill in 1..=KILLS {
            let enough = kill * DRIVERS * EACH / (KILLS + 1);
            until("some to be acknowledged", || {
                (done().iter().sum::<usize>() >= enough).then_some(())
            });
            let before = done();
            world.kill_and_restart();
            // What was acknowledged is there, at once, and in its order.
            for (number, before) in before.iter().enumerate() {
                let notes = notes(&world.pizza, &data, &format!("driver-{number}"));
                assert!(notes.len() >= *before, "{} of {before}", notes.len());
                assert!(notes.iter().copied().eq(0..notes.len()), "{notes:?}");
            }
        }
    });
    assert_eq!(done(), [EACH; DRIVERS]);
    for number in 0..DRIVERS {
        let notes = notes(&world.pizza, &data, &format!("driver-{number}"));
        assert!(notes.iter().copied().eq(0..EACH), "{number}: {notes:?}");
    }
}

#[test]
fn who_stops_in_peace_acknowledges_what_was_committed() {
    let mut world = World::new(OWN);
    let mut phone = Raw::new(world.mqtt(), "phone");
    for number in 0..60 {
        let payload = json!({"what": "saffron", "count": 1, "number": number});
        let payload = payload.to_string().into_bytes();
        phone.publish(
            u16::try_from(number + 1).expect("small"),
            2,
            "shop/napoli/deliveries",
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
