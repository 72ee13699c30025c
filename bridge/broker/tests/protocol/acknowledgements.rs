//! A publisher is acknowledged after the internal client has acknowledged, and not before.

use std::io::ErrorKind;

use crate::client::Client;
use crate::{config, internal, open};
use pizza_broker::Bound;

#[tokio::test]
async fn a_publisher_is_acknowledged_after_the_internal_client_and_in_order() {
    let (broker, at) = open(config()).await;
    let mut bridge = internal(&broker, "a/#").await;
    let mut phone = Client::new(at, "phone").await;
    phone.publish(7, 2, "a/b", "one").await;
    phone.publish(8, 2, "a/c", "two").await;
    let (_, first, topic, payload) = bridge.message().await;
    assert_eq!((topic.as_str(), payload.as_str()), ("a/b", "one"));
    let (_, second, ..) = bridge.message().await;
    // A PINGRESP comes, although two acknowledgements are owed before it.
    phone.ping().await;
    bridge.acknowledge(second).await;
    bridge.ping().await;
    phone.ping().await;
    bridge.acknowledge(first).await;
    assert_eq!((phone.puback().await, phone.puback().await), (7, 8));
    broker.stop().await;
}

#[tokio::test]
async fn what_nobody_internal_wants_is_acknowledged_at_once() {
    let (broker, at) = open(config()).await;
    let _bridge = internal(&broker, "a/#").await;
    let mut subscriber = Client::new(at, "subscriber").await;
    assert_eq!(subscriber.subscribe("b", 1).await, 1);
    let mut phone = Client::new(at, "phone").await;
    phone.publish(1, 2, "b", "x").await;
    // The subscriber has not acknowledged it: an external one has no such promise.
    assert_eq!(phone.puback().await, 1);
    assert_eq!(subscriber.message().await.3, "x");
    broker.stop().await;
}

#[tokio::test]
async fn the_internal_client_is_sent_what_it_missed_and_then_the_publisher_is_acknowledged() {
    let (broker, at) = open(config()).await;
    drop(internal(&broker, "a").await);
    let mut phone = Client::new(at, "phone").await;
    phone.publish(3, 2, "a", "x").await;
    phone.ping().await;
    let access = broker.internal();
    let login = Some((access.user.as_str(), access.password.expose()));
    let mut bridge = Client::dial(access.address).await;
    // The session is there, with its subscription.
    assert_eq!(bridge.connect("bridge", false, None, login).await, (1, 0));
    let (_, id, ..) = bridge.message().await;
    bridge.acknowledge(id).await;
    assert_eq!(phone.puback().await, 3);
    broker.stop().await;
}

#[tokio::test]
async fn external_clients_are_accepted_when_the_internal_client_has_subscribed() {
    let bound = Bound::new(config()).await.expect("an address");
    let broker = bound.open(None, true).await.expect("a broker");
    let at = broker.addresses().mqtt.expect("a listener");
    let mut phone = Client::dial(at).await;
    phone.send_connect("phone", true, None, None).await;
    let access = broker.internal();
    let login = Some((access.user.as_str(), access.password.expose()));
    let mut bridge = Client::dial(access.address).await;
    assert_eq!(bridge.connect("bridge", false, None, login).await, (0, 0));
    bridge.ping().await;
    let early = phone.stream.try_read(&mut [0]);
    let early = early.expect_err("nobody has answered");
    assert_eq!(early.kind(), ErrorKind::WouldBlock);
    assert_eq!(bridge.subscribe("a/#", 1).await, 1);
    assert_eq!(phone.packet().await, (0x20, vec![0, 0]));
    broker.stop().await;
}
