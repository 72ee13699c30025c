//! Topics that begin with `$`: the broker tells of itself there, and nobody else is heard.

use crate::client::Client;
use crate::{config, open};

#[tokio::test]
async fn the_broker_tells_of_itself_whoever_asks_and_nobody_else() {
    let (broker, at) = open(config()).await;
    let mut curious = Client::new(at, "curious").await;
    assert_eq!(curious.subscribe("$SYS/broker/clients/+", 1).await, 1);
    let (head, _, topic, payload) = curious.message().await;
    assert_eq!(
        (head, topic.as_str()),
        (0x31, "$SYS/broker/clients/connected")
    );
    assert_eq!(payload, "1");
    assert_eq!(curious.subscribe("$SYS/#", 0).await, 0);
    let mut found = Vec::new();
    for _ in 0..6 {
        let (_, _, topic, payload) = curious.message().await;
        found.push((topic.trim_start_matches("$SYS/broker/").to_owned(), payload));
    }
    let names: Vec<&str> = found.iter().map(|(topic, _)| topic.as_str()).collect();
    let expected = [
        "version",
        "uptime",
        "clients/connected",
        "messages/received",
        "messages/sent",
        "retained messages/count",
    ];
    assert_eq!(names, expected);
    assert!(found[0].1.starts_with("Awesome Pizza "), "{found:?}");
    // Who wants everything does not mean these (MQTT 5, 4.7.2).
    let mut other = Client::new(at, "other").await;
    for filter in ["#", "+/broker/uptime", "+/#"] {
        assert_eq!(other.subscribe(filter, 0).await, 0);
    }
    // Told again after a while, to who has asked: once, although two filters match it.
    let (head, _, topic, payload) = curious.message().await;
    assert_eq!((head, topic.as_str()), (0x30, "$SYS/broker/version"));
    assert_eq!(payload, found[0].1);
    other.ping().await;
    broker.stop().await;
}

#[tokio::test]
async fn a_bridging_mosquitto_may_tell_its_state_and_nobody_hears_it() {
    const STATE: &str = "$SYS/broker/connection/mosquitto.pizza/state";
    let (broker, at) = open(config()).await;
    let mut curious = Client::new(at, "curious").await;
    assert_eq!(curious.subscribe("$SYS/broker/connection/#", 0).await, 0);
    let mut bridge = Client::dial(at).await;
    let will = Some((STATE, "0"));
    let connected = bridge.connect("mosquitto.pizza", false, will, None).await;
    assert_eq!(connected, (0, 0));
    bridge.publish(0, 1, STATE, "1").await;
    bridge.publish(1, 3, STATE, "1").await;
    assert_eq!(bridge.puback().await, 1);
    bridge.publish(2, 5, STATE, "1").await;
    assert_eq!(bridge.packet().await, (0x50, vec![0, 2]));
    bridge.send(0x62, &[0, 2]).await;
    assert_eq!(bridge.packet().await, (0x70, vec![0, 2]));
    drop(bridge);
    // It is gone when its session can be taken again.
    let mut bridge = Client::dial(at).await;
    let connected = bridge.connect("mosquitto.pizza", false, None, None).await;
    assert_eq!(connected, (1, 0));
    curious.ping().await;
    assert_eq!(curious.subscribe("$SYS/broker/connection/#", 0).await, 0);
    curious.ping().await;
    // The planted one: what is no reserved topic is heard by the same clients.
    assert_eq!(curious.subscribe("SYS/#", 0).await, 0);
    bridge.publish(0, 0, "SYS/state", "1").await;
    assert_eq!(curious.message().await.2, "SYS/state");
    broker.stop().await;
}
