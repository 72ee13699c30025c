//! Subscribers that are away for a while.

use crate::mqtt_broker::client::{Subscriber, VERSIONS, command, publish, publish_lines};
use crate::mqtt_broker::raw::Raw;
use crate::mqtt_broker::world::World;

#[test]
fn what_came_meanwhile_is_kept_for_a_session() {
    let world = World::new("");
    let at = world.mqtt();
    for version in VERSIONS {
        let topic = format!("away/{version}");
        let mut options = vec!["-V", version, "-c", "-i", version, "-q", "1", "-t", &topic];
        if version == "mqttv5" {
            options.extend(["-x", "60"]);
        }
        // It subscribes, and leaves.
        let left = command("mosquitto_sub", at, &options).arg("-E").status();
        assert!(left.expect("it runs").success());
        let lines: String = (0..1_000).map(|n| format!("{n}\n")).collect();
        publish_lines(at, &["-q", "1", "-t", &topic], &lines);
        publish(at, &["-q", "0", "-t", &topic, "-m", "only good at once"]);
        publish(at, &["-q", "2", "-t", &topic, "-m", "last"]);
        options.extend(["-F", "%p"]);
        let heard = Subscriber::unready(at, &options).lines(1_001);
        let expected = (0..1_000).map(|n| n.to_string());
        let expected: Vec<String> = expected.chain(["last".to_owned()]).collect();
        assert_eq!(heard, expected);
    }
}

#[test]
fn what_was_not_acknowledged_comes_again_and_says_so() {
    let world = World::new("");
    let at = world.mqtt();
    let (mut phone, known) = Raw::with(at, "phone", false, None);
    assert!(!known);
    assert_eq!(phone.subscribe("test/again", 1), 1);
    let mut publisher = Raw::new(at, "publisher");
    for id in 1..=3 {
        publisher.publish(
            id,
            2,
            "test/again",
            &[b'0' + u8::try_from(id).expect("small")],
        );
        assert_eq!(publisher.acknowledged().expect("an answer"), id);
    }
    let mut ids = Vec::new();
    for expected in [b'1', b'2', b'3'] {
        let (first, body) = phone.packet();
        assert_eq!((first, body.last()), (0x32, Some(&expected)));
        ids.push([body[12], body[13]]);
    }
    // The second only; the others, in their order, once more.
    phone.send(&[&[0x40, 2][..], &ids[1]].concat());
    // What was said before is heard when this is answered.
    phone.send(&[0xc0, 0]);
    assert_eq!(phone.packet(), (0xd0, vec![]));
    drop(phone);
    let (mut phone, known) = Raw::with(at, "phone", false, None);
    assert!(known);
    for (expected, id) in [(b'1', ids[0]), (b'3', ids[2])] {
        let (first, body) = phone.packet();
        assert_eq!((first, body.last()), (0x32 | 8, Some(&expected)));
        assert_eq!([body[12], body[13]], id);
        phone.send(&[&[0x40, 2][..], &id].concat());
    }
    // A clean start knows nothing of it.
    drop(phone);
    let (_, known) = Raw::with(at, "phone", true, None);
    assert!(!known);
}
