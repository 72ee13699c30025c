//! What each quality of service promises.

use std::collections::HashSet;

use serde_json::json;

use crate::common::until;
use crate::mqtt_broker::client::{Subscriber, VERSIONS, publish};
use crate::mqtt_broker::raw::Raw;
use crate::mqtt_broker::world::{OWN, World};

#[test]
fn each_version_and_quality_is_delivered() {
    let world = World::new("");
    let at = world.mqtt();
    for from in VERSIONS {
        for to in VERSIONS {
            for qos in ["0", "1", "2"] {
                let topic = format!("test/{from}/{to}/{qos}");
                let options = ["-V", to, "-q", qos, "-t", &topic, "-F", "%p"];
                let mut subscriber = Subscriber::new(at, &options);
                for payload in ["one", "two", "three"] {
                    publish(at, &["-V", from, "-q", qos, "-t", &topic, "-m", payload]);
                }
                assert_eq!(subscriber.lines(3), ["one", "two", "three"], "{topic}");
            }
        }
        for qos in ["0", "1", "2"] {
            let driver = format!("driver-{from}-{qos}");
            let topic = format!("pizza/drivers/{driver}/status");
            publish(
                at,
                &["-V", from, "-q", qos, "-t", &topic, "-m", "available"],
            );
            world.becomes(&driver, "available");
        }
    }
    assert!(world.pizza.get("/health/ready").status == 200);
}

#[test]
fn properties_of_version_5_are_handed_on() {
    let world = World::new("");
    let at = world.mqtt();
    let format = "%A %C %D %R %P %p";
    let options = ["-V", "mqttv5", "-q", "1", "-t", "props/#", "-F", format];
    let mut subscriber = Subscriber::new(at, &options);
    let mut options = vec!["-V", "mqttv5", "-q", "1", "-t", "props/x", "-m", "word"];
    for [name, value] in [
        ["content-type", "text"],
        ["correlation-data", "42"],
        ["response-topic", "answers"],
    ] {
        options.extend(["-D", "publish", name, value]);
    }
    options.extend(["-D", "publish", "user-property", "colour", "red"]);
    publish(at, &options);
    let line = subscriber.line();
    for part in ["text", "42", "answers", "colour:red", "word"] {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn an_acknowledgement_means_that_the_actor_has_committed() {
    let world = World::new(OWN);
    let mut phone = Raw::new(world.mqtt(), "phone");
    let mut wrong = Vec::new();
    for id in 1..=100 {
        let status = if id % 2 == 0 { "offline" } else { "available" };
        phone.publish(id, 2, "pizza/drivers/d/status", status.as_bytes());
        assert_eq!(phone.acknowledged().expect("an answer"), id);
        let now = world.status("d");
        if now != status {
            wrong.push((id, now));
        }
    }
    assert_eq!(wrong, []);
}

#[test]
fn acknowledgements_come_in_the_order_of_the_messages() {
    let world = World::new(OWN);
    let mut phone = Raw::new(world.mqtt(), "phone");
    for id in 1..=60_u16 {
        // Some have to wait for an actor, and some for nobody.
        match id % 3 {
            0 => phone.publish(id, 2, "nobody/listens", b"x"),
            1 => phone.publish(id, 2, "pizza/drivers/d/status", b"available"),
            _ => {
                let delivery = json!({"what": "saffron", "count": 1, "number": id});
                let delivery = delivery.to_string();
                phone.publish(id, 2, "shop/napoli/deliveries", delivery.as_bytes());
            }
        }
    }
    let order: Vec<u16> = (0..60)
        .map(|_| phone.acknowledged().expect("an answer"))
        .collect();
    assert_eq!(order, (1..=60).collect::<Vec<u16>>());
    assert_eq!(world.supplied("napoli", "saffron"), 20);
}

#[test]
fn one_publisher_does_not_wait_for_another_ones_actor() {
    let world = World::new(OWN);
    let mut slow = Raw::new(world.mqtt(), "slow");
    // More than may be unacknowledged: the rest is not even read for now.
    for number in 0..500 {
        let delivery = json!({"what": "saffron", "count": 1, "number": number});
        let id = number % 1000 + 1;
        let delivery = delivery.to_string();
        slow.publish(id, 2, "shop/napoli/deliveries", delivery.as_bytes());
    }
    let mut quick = Raw::new(world.mqtt(), "quick");
    quick.publish(1, 2, "nobody/listens", b"x");
    assert_eq!(quick.acknowledged().expect("an answer"), 1);
    let ids: HashSet<u16> = (0..500)
        .map(|_| slow.acknowledged().expect("an answer"))
        .collect();
    assert_eq!(ids.len(), 500);
    assert_eq!(world.supplied("napoli", "saffron"), 500);
}

#[test]
fn what_wants_no_answer_is_taken_in_to_the_last() {
    let world = World::new(OWN);
    let mut phone = Raw::new(world.mqtt(), "phone");
    let mut all = Vec::new();
    for number in 0..1_000 {
        let delivery = json!({"what": "saffron", "count": 1, "number": number}).to_string();
        all.extend(crate::mqtt_broker::raw::publish(
            0,
            0,
            "shop/napoli/deliveries",
            delivery.as_bytes(),
        ));
    }
    // Nothing is said afterwards that could wake anybody.
    phone.send(&all);
    until("all of them", || {
        (world.supplied("napoli", "saffron") == 1_000).then_some(())
    });
}

#[test]
fn quality_2_is_exactly_once_for_as_long_as_the_session_lives() {
    let world = World::new(OWN);
    let at = world.mqtt();
    let one = br#"{"what": "truffle", "count": 1}"#;
    let (mut phone, known) = Raw::with(at, "phone", false, None);
    assert!(!known);
    phone.publish(7, 4, "shop/napoli/anew", one);
    assert_eq!(phone.packet(), (0x50, vec![0, 7]));
    // The answer was lost, the phone says it again: here, and after it was cut off.
    phone.publish(7, 4 | 8, "shop/napoli/anew", one);
    assert_eq!(phone.packet(), (0x50, vec![0, 7]));
    drop(phone);
    let (mut phone, known) = Raw::with(at, "phone", false, None);
    assert!(known);
    phone.publish(7, 4 | 8, "shop/napoli/anew", one);
    assert_eq!(phone.packet(), (0x50, vec![0, 7]));
    for _ in 0..2 {
        phone.send(&[0x62, 2, 0, 7]);
        assert_eq!(phone.packet(), (0x70, vec![0, 7]));
    }
    assert_eq!(world.supplied("napoli", "truffle"), 1);
    // The same id is another message from now on.
    phone.publish(7, 4, "shop/napoli/anew", one);
    assert_eq!(phone.packet(), (0x50, vec![0, 7]));
    assert_eq!(world.supplied("napoli", "truffle"), 2);
}
