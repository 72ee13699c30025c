//! Subscribers that divide the messages among them.

use crate::mqtt_broker::client::{Subscriber, VERSIONS, publish, publish_lines};
use crate::mqtt_broker::raw::{Raw, packet, text};
use crate::mqtt_broker::world::World;

#[test]
fn each_message_goes_to_one_of_the_group() {
    const EACH: usize = 100;
    let world = World::new("");
    let at = world.mqtt();
    for version in VERSIONS {
        let topic = format!("shared/{version}");
        let filter = format!("$share/chefs/{topic}");
        let options = ["-V", version, "-q", "1", "-t", &filter, "-F", "%p"];
        let mut group: Vec<Subscriber> = (0..3).map(|_| Subscriber::new(at, &options)).collect();
        let other = format!("$share/waiters/{topic}");
        let mut waiter = Subscriber::new(at, &["-q", "1", "-t", &other, "-F", "%p"]);
        let mut everybody = Subscriber::new(at, &["-q", "1", "-t", &topic, "-F", "%p"]);
        let all: Vec<String> = (0..3 * EACH).map(|n| format!("{n:03}")).collect();
        let lines = all.join("\n") + "\n";
        publish_lines(at, &["-q", "1", "-t", &topic], &lines);
        let mut heard: Vec<String> = Vec::new();
        for member in &mut group {
            heard.extend(member.lines(EACH));
        }
        heard.sort();
        assert_eq!(heard, all);
        assert_eq!(waiter.lines(3 * EACH), all);
        assert_eq!(everybody.lines(3 * EACH), all);
    }
}

#[test]
fn what_a_member_leaves_behind_goes_to_the_others() {
    let world = World::new("");
    let at = world.mqtt();
    let filter = "$share/g/left/x";
    let mut lazy = Raw::new(at, "lazy");
    assert_eq!(lazy.subscribe(filter, 1), 1);
    let lines: String = (0..150).map(|n| format!("{n:03}\n")).collect();
    publish_lines(at, &["-q", "1", "-t", "left/x"], &lines);
    // It takes some, acknowledges none, and is gone.
    let (first, _) = lazy.packet();
    assert_eq!(first, 0x32);
    let mut other = Subscriber::new(at, &["-q", "1", "-t", filter, "-F", "%p"]);
    drop(lazy);
    let mut heard = other.lines(150);
    heard.sort();
    let expected: Vec<String> = (0..150).map(|n| format!("{n:03}")).collect();
    assert_eq!(heard, expected);
    // A group of which nobody is left keeps nothing, and holds nobody up.
    other.stop();
    publish(at, &["-q", "1", "-t", "left/x", "-m", "to nobody"]);
    let mut late = Subscriber::new(at, &["-q", "1", "-t", filter, "-F", "%p"]);
    publish(at, &["-q", "1", "-t", "left/x", "-m", "to somebody"]);
    assert_eq!(late.line(), "to somebody");
}

#[test]
fn internal_and_external_clients_do_not_share() {
    let config = "[bridge]\nshare = \"bridges\"\n";
    let world = World::new(config);
    let at = world.mqtt();
    let mut thief = Raw::new(at, "thief");
    assert_eq!(thief.subscribe("$share/bridges/pizza/drivers/#", 1), 1);
    for n in 0..10 {
        let driver = format!("driver-{n}");
        let topic = format!("pizza/drivers/{driver}/status");
        publish(at, &["-q", "1", "-t", &topic, "-m", "available"]);
        assert_eq!(world.status(&driver), "available");
    }
}

#[test]
fn a_share_without_a_proper_name_is_refused() {
    let world = World::new("");
    // None of them is a filter, and what is none ends the connection (MQTT 5, 4.8.2 and 4.13).
    for filter in [
        "$share",
        "$share/",
        "$share/g",
        "$share//a",
        "$share/g/",
        "$share/+/a",
    ] {
        let mut client = Raw::new(world.mqtt(), "client");
        client.send(&packet(
            0x82,
            &[&[0, 1][..], &text(filter.as_bytes()), &[1]].concat(),
        ));
        assert!(client.hangs_up(), "{filter}");
    }
    let mut client = Raw::new(world.mqtt(), "client");
    assert_eq!(client.subscribe("$share/g/a", 1), 1);
}
