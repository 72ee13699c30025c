//! A client that comes again: what becomes of its session, and of its will.

use std::net::SocketAddr;

use crate::client::{Client, Will, connect_v5};
use crate::{config, open};

const DISCONNECT: &[u8] = &[0xe0, 0];

/// How often a client comes again: `TAKEOVERS`, which `just soak` sets to a thousand.
fn rounds() -> usize {
    let rounds = std::env::var("TAKEOVERS").ok();
    rounds.map_or(50, |text| text.parse().expect("a number"))
}

async fn with_will(at: SocketAddr, id: &str) -> Client {
    let mut client = Client::dial(at).await;
    let will = Some(("gone", id));
    assert_eq!(client.connect(id, true, will, None).await, (0, 0));
    client
}

/// Hears what is published on `gone`.
async fn listener(at: SocketAddr) -> Client {
    let mut listener = Client::new(at, "listener").await;
    assert_eq!(listener.subscribe("gone", 0).await, 0);
    listener
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_restarts_has_no_will_told_and_one_that_is_killed_has_it_told_once() {
    let (broker, at) = open(config()).await;
    let mut listener = listener(at).await;
    let mut phone = with_will(at, "phone").await;
    for round in 0..rounds() {
        // So that the goodbye is not always the first thing that is read. Behind another
        // packet it is held back by the client's system for a while (Nagle).
        for _ in 0..round % 4 {
            phone.publish(0, 0, "position", "here").await;
        }
        phone.raw(DISCONNECT).await;
        let last = phone;
        phone = with_will(at, "phone").await;
        drop(last);
    }
    // It would have been told before the last CONNECT was answered.
    listener.ping().await;
    for round in 0..rounds() {
        let last = phone;
        if round % 2 == 0 {
            // The old connection lives when the new one comes.
            phone = with_will(at, "phone").await;
            drop(last);
        } else {
            drop(last);
            phone = with_will(at, "phone").await;
        }
        assert_eq!(listener.message().await.3, "phone");
        listener.ping().await;
    }
    broker.stop().await;
}

#[tokio::test]
async fn a_goodbye_is_found_behind_what_may_not_be_handled_now() {
    let mut config = config();
    config.limits.in_flight_max = 1;
    config.limits.queue_max = 1;
    let (broker, at) = open(config).await;
    let mut listener = listener(at).await;
    // A bridge that acknowledges nothing: what it wants blocks its publishers.
    let _bridge = crate::internal(&broker, "a/#").await;
    let mut phone = with_will(at, "phone").await;
    for id in 1..100 {
        phone.publish(id, 2, "a/b", "x").await;
    }
    phone.raw(DISCONNECT).await;
    let _again = with_will(at, "phone").await;
    listener.ping().await;
    // The same without the goodbye: it is not the waiting that silences the will.
    let mut other = with_will(at, "other").await;
    for id in 1..100 {
        other.publish(id, 2, "a/b", "x").await;
    }
    let _again = with_will(at, "other").await;
    assert_eq!(listener.message().await.3, "other");
    broker.stop().await;
}

#[tokio::test]
async fn a_will_is_told_before_the_next_connection_is_answered() {
    let (broker, at) = open(config()).await;
    let mut listener = listener(at).await;
    let _first = with_will(at, "phone").await;
    let mut second = with_will(at, "phone").await;
    second.publish(0, 0, "gone", "back").await;
    assert_eq!(listener.message().await.3, "phone");
    assert_eq!(listener.message().await.3, "back");
    broker.stop().await;
}

#[tokio::test]
async fn a_clean_session_is_not_used_again() {
    let (broker, at) = open(config()).await;
    let mut first = Client::new(at, "phone").await;
    assert_eq!(first.subscribe("a", 1).await, 1);
    let mut second = Client::dial(at).await;
    assert_eq!(second.connect("phone", false, None, None).await, (0, 0));
    first.closed().await;
    let mut publisher = Client::new(at, "publisher").await;
    publisher.publish(1, 2, "a", "x").await;
    assert_eq!(publisher.puback().await, 1);
    second.ping().await;
    // A session that is not clean is used again, also while its connection lives.
    let mut third = Client::dial(at).await;
    assert_eq!(third.connect("phone", false, None, None).await, (1, 0));
    broker.stop().await;
}

/// With an expiry of 0, or of a minute; a will that waits for a minute, or for nothing.
async fn with_delay(at: SocketAddr, expiry_s: u32, delay_s: u32) -> (Client, u8) {
    let mut client = Client::dial(at).await;
    let will: Will<'_> = Some(("gone", "phone"));
    client
        .raw(&connect_v5("phone", false, expiry_s, will, delay_s))
        .await;
    let (first, body) = client.packet().await;
    assert_eq!((first, body[1]), (0x20, 0), "{body:?}");
    (client, body[0])
}

#[tokio::test]
async fn a_session_ends_at_a_takeover_where_it_is_not_to_outlive_its_connection() {
    let (broker, at) = open(config()).await;
    let mut listener = listener(at).await;
    // The session's end is the end of the delay (MQTT 5, 3.1.3.2.2).
    let (_first, _) = with_delay(at, 0, 60).await;
    let (_second, present) = with_delay(at, 60, 60).await;
    assert_eq!(present, 0);
    assert_eq!(listener.message().await.3, "phone");
    // This one goes on, and the client is back within the delay.
    let (_third, present) = with_delay(at, 60, 0).await;
    assert_eq!(present, 1);
    listener.ping().await;
    let (_fourth, present) = with_delay(at, 60, 0).await;
    assert_eq!(present, 1);
    assert_eq!(listener.message().await.3, "phone");
    broker.stop().await;
}

#[tokio::test]
async fn a_goodbye_may_not_make_a_session_outlive_its_connection() {
    let (broker, at) = open(config()).await;
    let mut listener = listener(at).await;
    let goodbye = [0xe0, 7, 0, 5, 17, 0, 0, 0, 60];
    let (mut phone, _) = with_delay(at, 0, 0).await;
    phone.raw(&goodbye).await;
    assert_eq!(phone.packet().await.1[0], 0x82);
    assert_eq!(listener.message().await.3, "phone");
    let (mut phone, _) = with_delay(at, 1, 0).await;
    phone.raw(&goodbye).await;
    phone.closed().await;
    let (_phone, present) = with_delay(at, 0, 0).await;
    assert_eq!(present, 1);
    listener.ping().await;
    broker.stop().await;
}

#[tokio::test]
async fn the_id_of_a_client_without_one_is_nobody_elses() {
    let (broker, at) = open(config()).await;
    let nameless = async || {
        let mut client = Client::dial(at).await;
        client.raw(&connect_v5("", true, 0, None, 0)).await;
        let (_, body) = client.packet().await;
        let assigned = [18, 0, 41];
        let place = body.windows(3).position(|bytes| bytes == assigned);
        let id = place.expect("an assigned id") + 3;
        (
            client,
            String::from_utf8(body[id..id + 41].to_vec()).expect("a text"),
        )
    };
    let (_first, first) = nameless().await;
    let (_second, second) = nameless().await;
    assert!(first.starts_with("nameless-") && second.starts_with("nameless-"));
    assert_ne!(first, second);
    broker.stop().await;
}
