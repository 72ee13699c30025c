//! What a client may make the broker hold, and what it hears where it wants more.

use std::net::SocketAddr;

use crate::client::{Client, connect_v5};
use crate::{config, open};

/// A packet with a length of two bytes.
fn framed(first: u8, body: &[u8]) -> Vec<u8> {
    assert!((128..1 << 14).contains(&body.len()));
    let (low, high) = ((body.len() & 0x7f) as u8 | 0x80, (body.len() >> 7) as u8);
    [&[first, low, high], body].concat()
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("short enough");
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// SUBSCRIBE to one filter: the return code.
async fn subscribe(client: &mut Client, filter: &str) -> u8 {
    let body = [&[0, 1][..], &text(filter), &[0]].concat();
    client.raw(&framed(0x82, &body)).await;
    client.packet().await.1[2]
}

/// With a session that outlives its connection.
async fn lasting(at: SocketAddr, id: &str) -> Client {
    let mut client = Client::dial(at).await;
    assert_eq!(client.connect(id, false, None, None).await, (0, 0));
    client
}

fn filter(number: usize) -> String {
    format!("{number}/{}", "x".repeat(900))
}

#[tokio::test]
async fn a_session_has_so_many_bytes_for_its_filters_and_no_more() {
    let mut config = config();
    config.limits.session_bytes_max = 10_000;
    let (broker, at) = open(config).await;
    let mut greedy = lasting(at, "greedy").await;
    let mut granted = 0;
    while subscribe(&mut greedy, &filter(granted)).await == 0 {
        granted += 1;
    }
    // Twice its length and some, of each.
    assert!((3..=5).contains(&granted), "{granted}");
    // What it has can be subscribed to again, and what it gives up makes room.
    assert_eq!(subscribe(&mut greedy, &filter(0)).await, 0);
    let unsubscribe = [vec![0, 2], text(&filter(0))].concat();
    greedy.raw(&framed(0xa2, &unsubscribe)).await;
    assert_eq!(greedy.packet().await.0, 0xb0);
    assert_eq!(subscribe(&mut greedy, &filter(9)).await, 0);
    broker.stop().await;
}

#[tokio::test]
async fn sessions_that_nobody_uses_make_room_and_others_do_not() {
    let mut config = config();
    config.limits.sessions_bytes_max = 12_000;
    let (broker, at) = open(config).await;
    let mut first = lasting(at, "first").await;
    let mut granted = 0;
    while subscribe(&mut first, &filter(granted)).await == 0 {
        granted += 1;
    }
    // All is taken, by a session that is in use.
    let mut second = Client::dial(at).await;
    let (_, code) = second.connect("second", false, None, None).await;
    assert_eq!(code, 3);
    first.send(0xe0, &[]).await;
    first.closed().await;
    let mut third = lasting(at, "third").await;
    assert_eq!(subscribe(&mut third, &filter(0)).await, 0);
    // The first one's is gone.
    let _first = lasting(at, "first").await;
    broker.stop().await;
}

#[tokio::test]
async fn the_oldest_half_packet_is_given_up_and_a_whole_one_is_taken() {
    let mut config = config();
    config.limits.input_bytes_max = 50_000;
    let (broker, at) = open(config).await;
    // 20,000 bytes are announced, and a part of them is sent.
    let half = [&[0x30, 0xa0, 0x9c, 0x01, 0, 1, b'a', 0][..], &[b'x'; 9_000]].concat();
    let begins = async |id: &str| {
        let mut client = Client::dial(at).await;
        client.raw(&connect_v5(id, true, 0, None, 0)).await;
        assert_eq!(client.packet().await.0, 0x20);
        client.raw(&half).await;
        client
    };
    let mut first = begins("first").await;
    let mut second = begins("second").await;
    let mut third = begins("third").await;
    assert_eq!(first.packet().await, (0xe0, vec![0x97]));
    second.raw(&[b'x'; 20_000 - 4 - 9_000]).await;
    second.ping().await;
    third.raw(&[b'x'; 20_000 - 4 - 9_000]).await;
    third.ping().await;
    broker.stop().await;
}

#[tokio::test]
async fn of_who_has_not_been_let_in_no_large_packet_is_taken() {
    let (broker, at) = open(config()).await;
    let mut stranger = Client::dial(at).await;
    // 100,000 bytes are announced; to wait for them would take seconds.
    stranger.raw(&[0x10, 0xa0, 0x8d, 0x06]).await;
    stranger.closed().await;
    broker.stop().await;
}

#[tokio::test]
async fn a_client_is_sent_no_larger_packet_than_it_takes() {
    let (broker, at) = open(config()).await;
    let mut small = Client::dial(at).await;
    let mut connect = connect_v5("small", true, 0, None, 0);
    // Maximum Packet Size 100: head 2, topic 3, no properties 1, and a payload of 94.
    connect[1] += 5;
    connect[12] += 5;
    connect.splice(18..18, [39, 0, 0, 0, 100]);
    small.raw(&connect).await;
    assert_eq!(small.packet().await.0, 0x20);
    small.raw(&[0x82, 7, 0, 1, 0, 0, 1, b'a', 0]).await;
    assert_eq!(small.packet().await.0, 0x90);
    let mut publisher = Client::new(at, "publisher").await;
    for length in [95, 94, 96, 93] {
        publisher.publish(0, 0, "a", &"x".repeat(length)).await;
    }
    for length in [94, 93] {
        let (first, body) = small.packet().await;
        assert_eq!((first, body.len() - 4), (0x30, length));
    }
    broker.stop().await;
}

#[tokio::test]
async fn an_answer_that_a_client_does_not_take_ends_its_connection() {
    let (broker, at) = open(config()).await;
    let mut small = Client::dial(at).await;
    let mut connect = connect_v5("small", true, 0, None, 0);
    connect[1] += 5;
    connect[12] += 5;
    // As large as its CONNACK may be, and no larger than a SUBACK to 60 filters.
    connect.splice(18..18, [39, 0, 0, 0, 60]);
    small.raw(&connect).await;
    assert_eq!(small.packet().await.0, 0x20);
    // Head 2, packet id 2, no properties 1: 55 codes fit.
    for (filters, answer) in [(55, 0x90), (56, 0xe0)] {
        let filters = [0, 1, b'a', 0].repeat(filters);
        small
            .raw(&framed(0x82, &[&[0, 1, 0][..], &filters].concat()))
            .await;
        let (first, body) = small.packet().await;
        assert_eq!(first, answer);
        assert!(first != 0xe0 || body[0] == 0x95, "{body:?}");
    }
    small.closed().await;
    broker.stop().await;
}
