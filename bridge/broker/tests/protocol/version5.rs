//! What only clients of MQTT 5 may do, byte by byte.

use std::net::SocketAddr;

use crate::client::Client;
use crate::{config, open};

const ALIASES_MAX: u8 = 10;

/// A CONNECT with a clean start and these properties.
async fn send_connect(client: &mut Client, id: &str, properties: &[u8]) {
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("short");
    let head = [&b"\0\x04MQTT\x05\x02\0\x3c"[..], &[length(properties)]].concat();
    let id = [&[0, length(id.as_bytes())][..], id.as_bytes()].concat();
    client.send(0x10, &[&head, properties, &id].concat()).await;
}

async fn connected(at: SocketAddr, id: &str, properties: &[u8]) -> Client {
    let mut client = Client::dial(at).await;
    send_connect(&mut client, id, properties).await;
    let (first, body) = client.packet().await;
    assert_eq!((first, &body[..2]), (0x20, &[0, 0][..]));
    client
}

#[tokio::test]
async fn an_alias_stands_for_its_topic_on_its_own_connection() {
    let (broker, at) = open(config()).await;
    let mut subscriber = Client::new(at, "subscriber").await;
    assert_eq!(subscriber.subscribe("#", 0).await, 0);
    let mut phone = Client::dial(at).await;
    send_connect(&mut phone, "phone", &[]).await;
    let (_, connack) = phone.packet().await;
    let told = connack.windows(3).any(|w| w == [0x22, 0, ALIASES_MAX]);
    assert!(told, "the limit is told: {connack:x?}");
    phone.send(0x30, b"\0\x01a\x03\x23\0\x01one").await;
    phone.send(0x30, b"\0\0\x03\x23\0\x01two").await;
    // The same alias for another topic.
    phone.send(0x30, b"\0\x01b\x03\x23\0\x01three").await;
    phone.send(0x30, b"\0\0\x03\x23\0\x01four").await;
    for (topic, payload) in [("a", "one"), ("a", "two"), ("b", "three"), ("b", "four")] {
        let (_, _, got_topic, got) = subscriber.message().await;
        assert_eq!((got_topic.as_str(), got.as_str()), (topic, payload));
    }
    // Another connection knows nothing of it.
    let mut other = connected(at, "other", &[]).await;
    other.send(0x30, b"\0\0\x03\x23\0\x01five").await;
    assert_eq!(other.packet().await, (0xe0, vec![0x82]));
    phone
        .send(0x30, &[0, 1, b'a', 3, 0x23, 0, ALIASES_MAX + 1])
        .await;
    assert_eq!(phone.packet().await, (0xe0, vec![0x94]));
    broker.stop().await;
}

#[tokio::test]
async fn a_wrong_connect_is_told_why() {
    let (broker, at) = open(config()).await;
    for (properties, reason) in [
        (&b"\x15\0\x05PLAIN"[..], 0x8c),
        (b"\x15\0\x05PLAIN\x16\0\x01x", 0x8c),
        (b"\x16\0\x01x", 0x82),
        (b"\x21\0\0", 0x82),
        (b"\x21\0\x05\x21\0\x05", 0x82),
        (b"\x01\x01", 0x81),
    ] {
        let mut client = Client::dial(at).await;
        send_connect(&mut client, "phone", properties).await;
        let answer = client.packet().await;
        assert_eq!(answer, (0x20, vec![0, reason, 0]), "{properties:x?}");
        client.closed().await;
    }
    broker.stop().await;
}

#[tokio::test]
async fn a_session_that_was_to_end_is_not_kept() {
    let (broker, at) = open(config()).await;
    let raises = b"\0\x05\x11\0\0\0\x09";
    let mut phone = connected(at, "phone", &[]).await;
    phone.send(0xe0, raises).await;
    assert_eq!(phone.packet().await, (0xe0, vec![0x82]));
    let mut kept = connected(at, "kept", b"\x11\0\0\0\x01").await;
    kept.send(0xe0, raises).await;
    kept.closed().await;
    broker.stop().await;
}

#[tokio::test]
async fn a_release_of_nothing_is_answered_and_told() {
    let (broker, at) = open(config()).await;
    let mut phone = connected(at, "phone", &[]).await;
    phone.send(0x62, &[0, 7]).await;
    assert_eq!(phone.packet().await, (0x70, vec![0, 7, 0x92]));
    // What was never sent can be acknowledged without harm.
    phone.acknowledge(7).await;
    phone.send(0x70, &[0, 7]).await;
    phone.ping().await;
    broker.stop().await;
}

#[tokio::test]
async fn a_will_has_its_life_from_its_publication_on() {
    let (broker, at) = open(config()).await;
    let mut subscriber = connected(at, "subscriber", &[]).await;
    subscriber.send(0x82, b"\0\x01\0\0\x01w\0").await;
    assert_eq!(subscriber.packet().await, (0x90, vec![0, 1, 0, 0]));
    let mut phone = Client::dial(at).await;
    // Of one second, which are over when the phone is lost.
    let head = b"\0\x04MQTT\x05\x06\0\x3c\0\0\x05phone";
    let will = b"\x05\x02\0\0\0\x01\0\x01w\0\x03off";
    phone.send(0x10, &[&head[..], will].concat()).await;
    assert_eq!(phone.packet().await.0, 0x20);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    drop(phone);
    let told = subscriber.packet().await;
    assert_eq!(told, (0x30, b"\0\x01w\x05\x02\0\0\0\x01off".to_vec()));
    broker.stop().await;
}
