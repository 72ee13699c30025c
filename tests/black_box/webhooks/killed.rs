//! kill -9 while events are posted.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::webhooks::receiver::{Delivery, Receiver};
use crate::webhooks::world::{World, section, start};

const KILLS: usize = 5;
const ORDERS: usize = 6;

#[test]
fn nothing_is_lost_and_nothing_out_of_order_however_often_the_process_dies() {
    let receiver = Receiver::start();
    let config = section(&receiver, "begin = \"oldest\"");
    let mut world = World::new(&config);
    // A linear congruential generator, so that a failure can be repeated.
    let mut seed = 7_u64;
    for _ in 0..KILLS {
        for _ in 0..ORDERS {
            world.pizza.order();
        }
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        // The moment of death is random: it is what this test is about.
        std::thread::park_timeout(Duration::from_millis((seed >> 33) % 300));
        let World { mut pizza, data } = world;
        pizza.kill_and_wait();
        drop(pizza);
        let pizza = start(data.path(), &config);
        world = World { pizza, data };
    }
    world.pizza.order();
    let mut expected = Vec::new();
    world.until("all to be told", |webhook| {
        expected = world.positions();
        let told: BTreeSet<u64> = receiver
            .deliveries()
            .iter()
            .map(Delivery::position)
            .collect();
        webhook["lag"] == 0 && expected.iter().all(|position| told.contains(position))
    });
    assert!(expected.len() > KILLS * ORDERS, "{}", expected.len());
    let deliveries = receiver.deliveries();
    let mut ids = std::collections::BTreeMap::new();
    let mut highest = 0;
    for told in &deliveries {
        let position = told.position();
        // Whoever sees an event for the first time has seen all before it.
        if position > highest {
            let skipped = expected.iter().filter(|p| **p > highest && **p < position);
            assert_eq!(skipped.count(), 0, "{position} came after {highest}");
            highest = position;
        }
        let known = ids.entry(position).or_insert_with(|| told.id.clone());
        assert_eq!(*known, told.id, "an event has one id");
    }
    let distinct: BTreeSet<&String> = ids.values().collect();
    assert_eq!(distinct.len(), ids.len(), "an id has one event");
}
