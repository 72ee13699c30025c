//! What cannot be delivered.

use crate::common::now_ms;
use crate::common::until;
use crate::mqtt_bridge::world::{World, place};

#[test]
fn what_cannot_be_delivered_becomes_a_dead_letter_and_the_rest_goes_on() {
    let world = World::new("");
    let mosquitto = &world.mosquitto;
    let location = "pizza/drivers/driver-1/location";
    let now = now_ms();
    let long = format!("pizza/drivers/{}/location", "x".repeat(60_000));
    let bad: Vec<(&str, Vec<u8>, &str)> = vec![
        (location, Vec::new(), "payload"),
        (location, b"not JSON".to_vec(), "payload"),
        (location, vec![b'7'; 1 << 20], "payload"),
        (location, vec![0xff, 0xfe, 0x00], "payload"),
        (
            location,
            format!(r#"{{"lat":NaN,"lon":1,"timestamp":{now}}}"#).into(),
            "payload",
        ),
        (location, place(41.0, 5), "time"),
        (location, place(41.0, now + 86_400_000), "time"),
        (location, place(91.0, now), "declined"),
        (
            location,
            format!(r#"{{"lat":"north","lon":1,"timestamp":{now}}}"#).into(),
            "bad-arguments",
        ),
        ("pizza/drivers//location", place(41.0, now), "topic"),
        ("pizza/drivers/driver 1/location", place(41.0, now), "topic"),
        ("pizza/drivers/driver-1/locatoin", place(41.0, now), "topic"),
        (&long, place(41.0, now), "topic"),
        (
            "pizza/drivers/driver-1/status",
            b"asleep".to_vec(),
            "bad-arguments",
        ),
        ("pizza/kitchen/napoli/oven", b"{}".to_vec(), "payload"),
    ];
    let letters = mosquitto.subscribe("pizza/dead-letter", bad.len());
    for (topic, payload, _) in &bad {
        mosquitto.publish(topic, payload);
    }
    let letters = letters.payloads();
    let codes: Vec<&str> = letters.iter().filter_map(|l| l["code"].as_str()).collect();
    let expected: Vec<&str> = bad.iter().map(|(_, _, code)| *code).collect();
    assert_eq!(codes, expected, "{letters:#?}");
    for (letter, (topic, payload, _)) in letters.iter().zip(&bad) {
        assert_eq!(letter["bytes"], payload.len(), "{letter}");
        let kept = letter["topic"].as_str().expect("a topic");
        assert!(topic.starts_with(kept), "{kept}");
        assert!(!letter["reason"].as_str().expect("a reason").is_empty());
    }
    mosquitto.publish(location, &place(41.75, now_ms()));
    until("the good one", || {
        (world.status("driver-1")["location"]["lat"] == 41.75).then_some(())
    });
    let counted = world.pizza.get("/metrics").text();
    let line = "pizza_bridge_dead_letters_total{reason=\"time\"} 2";
    assert!(counted.contains(line), "{counted}");
}
