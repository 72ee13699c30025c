//! The last will of a phone that vanished.

use crate::mqtt_broker::client::{Subscriber, VERSIONS, publish};
use crate::mqtt_broker::raw::Raw;
use crate::mqtt_broker::world::World;

/// A driver who listens for work.
fn driver(world: &World, version: &str, name: &str) -> Subscriber {
    let topic = format!("pizza/drivers/{name}/status");
    publish(world.mqtt(), &["-q", "1", "-t", &topic, "-m", "available"]);
    assert_eq!(world.status(name), "available");
    let work = format!("test/work/{name}");
    let options = [
        "-V",
        version,
        "-q",
        "1",
        "-t",
        &work,
        "--will-topic",
        &topic,
        "--will-payload",
        "offline",
        "--will-qos",
        "1",
    ];
    Subscriber::new(world.mqtt(), &options)
}

#[test]
fn a_driver_whose_phone_dies_is_offline() {
    let world = World::new("");
    for version in VERSIONS {
        let died = format!("died-{version}");
        driver(&world, version, &died).kill();
        world.becomes(&died, "offline");

        let left = format!("left-{version}");
        let topic = format!("pizza/drivers/{left}/status");
        publish(world.mqtt(), &["-q", "1", "-t", &topic, "-m", "available"]);
        let will = Some((topic.as_str(), "offline"));
        let (mut phone, _) = Raw::with(world.mqtt(), &left, true, will);
        phone.send(&[0xe0, 0]);
        assert!(phone.hangs_up());
        // Behind whatever the broker would have made of it.
        let after = format!("after-{version}");
        driver(&world, version, &after).kill();
        world.becomes(&after, "offline");
        assert_eq!(world.status(&left), "available");
    }
}

#[test]
fn a_phone_that_comes_back_is_not_put_offline_by_what_it_left_behind() {
    let world = World::new("");
    let topic = "pizza/drivers/d/status";
    let mut phones = Vec::new();
    // Each takes the place of the one before, whose connection nobody has closed.
    for round in 1..=30 {
        let (mut phone, _) = Raw::with(world.mqtt(), "phone", true, Some((topic, "offline")));
        phone.publish(round, 2, topic, b"available");
        assert_eq!(phone.acknowledged().expect("an answer"), round);
        phones.push(phone);
        assert_eq!(world.status("d"), "available", "after {round}");
    }
    let last = phones.pop();
    for phone in phones {
        assert!(phone.hangs_up());
    }
    // What a connection was that is none any more, has no will of its own.
    assert_eq!(world.status("d"), "available");
    drop(last);
    world.becomes("d", "offline");
}

#[test]
fn a_will_that_may_wait_is_not_told_of_whoever_is_back_in_time() {
    let world = World::new("");
    let at = world.mqtt();
    let mut heard = Subscriber::new(at, &["-q", "1", "-t", "wills/#", "-F", "%p"]);
    let options = |id: &'static str, delay: &'static str| {
        [
            "-V",
            "mqttv5",
            "-i",
            id,
            "-c",
            "-x",
            "60",
            "-q",
            "1",
            "-t",
            "test/x",
            "--will-topic",
            "wills/x",
            "--will-payload",
            id,
            "--will-qos",
            "1",
            "-D",
            "will",
            "will-delay-interval",
            delay,
        ]
    };
    Subscriber::new(at, &options("patient", "3600")).kill();
    let back = Subscriber::new(at, &options("patient", "3600"));
    Subscriber::new(at, &options("hasty", "1")).kill();
    assert_eq!(heard.line(), "hasty");
    back.stop();
}
