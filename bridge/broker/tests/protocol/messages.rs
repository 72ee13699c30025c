//! What external clients get: retained messages, wills, and what was sent while they were
//! away.

use crate::client::Client;
use crate::{config, open};

#[tokio::test]
async fn a_retained_message_is_for_later_subscribers_until_it_is_taken_back() {
    let (broker, at) = open(config()).await;
    let mut publisher = Client::new(at, "publisher").await;
    publisher.publish(1, 3, "a/b", "old").await;
    publisher.publish(2, 3, "a/b", "new").await;
    assert_eq!((publisher.puback().await, publisher.puback().await), (1, 2));
    let mut first = Client::new(at, "first").await;
    assert_eq!(first.subscribe("a/+", 0).await, 0);
    let (head, _, topic, payload) = first.message().await;
    assert_eq!(
        (head, topic.as_str(), payload.as_str()),
        (0x31, "a/b", "new")
    );
    publisher.publish(3, 3, "a/b", "").await;
    assert_eq!(publisher.puback().await, 3);
    let mut second = Client::new(at, "second").await;
    assert_eq!(second.subscribe("a/+", 0).await, 0);
    second.ping().await;
    broker.stop().await;
}

#[tokio::test]
async fn a_will_is_published_for_a_client_that_is_lost_and_for_no_other() {
    let (broker, at) = open(config()).await;
    let mut subscriber = Client::new(at, "subscriber").await;
    assert_eq!(subscriber.subscribe("gone/#", 1).await, 1);
    let with_will = async |id: &str, topic: &str| {
        let mut client = Client::dial(at).await;
        let will = Some((topic, "gone"));
        assert_eq!(client.connect(id, true, will, None).await, (0, 0));
        client
    };
    let mut polite = with_will("polite", "gone/polite").await;
    polite.send(0xe0, &[]).await;
    polite.closed().await;
    drop(with_will("lost", "gone/lost").await);
    assert_eq!(subscriber.message().await.2, "gone/lost");
    broker.stop().await;
}

#[tokio::test]
async fn a_session_is_sent_what_came_while_its_client_was_away() {
    let (broker, at) = open(config()).await;
    let mut subscriber = Client::dial(at).await;
    let connected = subscriber.connect("subscriber", false, None, None).await;
    assert_eq!(connected, (0, 0));
    assert_eq!(subscriber.subscribe("a", 1).await, 1);
    subscriber.send(0xe0, &[]).await;
    subscriber.closed().await;
    let mut publisher = Client::new(at, "publisher").await;
    publisher.publish(1, 2, "a", "missed").await;
    assert_eq!(publisher.puback().await, 1);
    let mut again = Client::dial(at).await;
    assert_eq!(again.connect("subscriber", false, None, None).await, (1, 0));
    assert_eq!(again.message().await.3, "missed");
    broker.stop().await;
    // Version 3.1.1 has no packet for a goodbye.
    again.closed().await;
    publisher.closed().await;
}
