use std::sync::atomic::Ordering;

use bytes::Bytes;

use super::*;
use crate::identity::SessionId;

const ALL: Batch = Batch {
    count_max: 100,
    bytes_max: 1 << 20,
};

fn queued(payload: &'static str, qos: Qos, shared: bool) -> Queued {
    Queued {
        message: Arc::new(Message {
            topic: "a".into(),
            payload: Bytes::from_static(payload.as_bytes()),
            qos,
            retain: false,
            properties: Bytes::new(),
            expires: None,
        }),
        qos,
        retain: false,
        subscription_ids: Vec::new(),
        shared: shared.then(|| "$share/g/a".into()),
        receipt: None,
    }
}

fn outbox(window_max: usize) -> (Outbox, Arc<AtomicUsize>) {
    let held = Arc::<AtomicUsize>::default();
    let mut outbox = Outbox::new(Arc::clone(&held));
    outbox.connect(window_max, 1_000, Version::V5);
    (outbox, held)
}

/// Nobody but the client waits for the messages here.
fn settled(settled: Settled) {
    assert!(settled.expect("the right kind").is_none());
}

/// Each as `id payload`, with a `!` when it is sent again; a release as its id.
fn sent(outbox: &mut Outbox, batch: Batch) -> Vec<String> {
    let mut due = Due::default();
    outbox.next(batch, &mut due);
    let packets = due.packets.into_iter().map(|packet| match packet {
        Outgoing::Publish {
            id, dup, message, ..
        } => {
            let payload = String::from_utf8_lossy(&message.payload).into_owned();
            format!("{id} {payload}{}", if dup { "!" } else { "" })
        }
        Outgoing::PubRel(id) => id.to_string(),
        other => format!("{other:?}"),
    });
    packets.collect()
}

#[test]
fn the_window_is_filled_again_when_something_is_acknowledged() {
    let (mut outbox, held) = outbox(2);
    for payload in ["a", "b", "c"] {
        outbox.push(queued(payload, Qos::AtLeastOnce, false));
    }
    outbox.push(queued("d", Qos::AtMostOnce, false));
    assert_eq!(sent(&mut outbox, ALL), ["1 a", "2 b"]);
    assert!(sent(&mut outbox, ALL).is_empty());
    settled(outbox.acknowledge(9));
    assert!(
        outbox.release(1, true).is_err(),
        "it is no message of QoS 2"
    );
    assert!(sent(&mut outbox, ALL).is_empty());
    settled(outbox.acknowledge(2));
    assert_eq!(sent(&mut outbox, ALL), ["3 c", "0 d"]);
    outbox.connect(2, 1_000, Version::V5);
    assert_eq!(sent(&mut outbox, ALL), ["1 a!", "3 c!"]);
    settled(outbox.acknowledge(1));
    settled(outbox.acknowledge(3));
    assert_eq!(held.load(Ordering::Relaxed), 0);
    assert_eq!(outbox.size(), (0, 0));
}

#[test]
fn of_qos_2_what_was_released_is_not_sent_but_released_again() {
    let (mut outbox, held) = outbox(5);
    outbox.push(queued("a", Qos::ExactlyOnce, false));
    outbox.push(queued("b", Qos::ExactlyOnce, false));
    assert_eq!(sent(&mut outbox, ALL), ["1 a", "2 b"]);
    // A PUBACK is none for QoS 2, and a PUBCOMP is none before a PUBREL.
    assert!(outbox.acknowledge(1).is_err() && outbox.complete(1).is_err());
    settled(outbox.release(1, true));
    assert!(outbox.acknowledge(1).is_err());
    outbox.connect(5, 1_000, Version::V5);
    assert_eq!(sent(&mut outbox, ALL), ["1", "2 b!"]);
    settled(outbox.release(2, false));
    settled(outbox.complete(1));
    outbox.connect(5, 1_000, Version::V5);
    assert!(sent(&mut outbox, ALL).is_empty());
    assert_eq!(held.load(Ordering::Relaxed), 0);
}

#[test]
fn a_batch_is_bounded_and_what_is_too_large_is_not_sent() {
    let (mut outbox, held) = outbox(10);
    let receipt = Arc::new(Receipt::new(SessionId(1)));
    receipt.expect_one();
    let large: &'static str = Box::leak("x".repeat(2_000).into_boxed_str());
    outbox.push(Queued {
        receipt: Some(Arc::clone(&receipt)),
        ..queued(large, Qos::AtLeastOnce, false)
    });
    for payload in ["a", "b", "c"] {
        outbox.push(queued(payload, Qos::AtLeastOnce, false));
    }
    let mut due = Due::default();
    let two = Batch {
        count_max: 2,
        ..ALL
    };
    assert!(outbox.next(two, &mut due));
    assert_eq!((due.packets.len(), due.undeliverable.len()), (2, 1));
    outbox.connect(10, 1_000, Version::V5);
    let few = Batch {
        bytes_max: 1,
        ..ALL
    };
    assert_eq!(sent(&mut outbox, few), ["1 a!"]);
    assert_eq!(sent(&mut outbox, ALL), ["2 b!", "3 c"]);
    assert!(!receipt.is_complete());
    assert!(receipt.complete_one() && receipt.is_complete());
    drop(outbox);
    assert_eq!(held.load(Ordering::Relaxed), 0);
}

#[test]
fn only_what_was_shared_and_not_taken_is_left_to_others() {
    let (mut outbox, _held) = outbox(3);
    outbox.push(queued("own", Qos::AtLeastOnce, false));
    outbox.push(queued("twice", Qos::ExactlyOnce, true));
    outbox.push(queued("sent", Qos::AtLeastOnce, true));
    outbox.push(queued("waits", Qos::ExactlyOnce, true));
    assert_eq!(sent(&mut outbox, ALL), ["1 own", "2 twice", "3 sent"]);
    let left = outbox.leave_to_others();
    let left: Vec<&[u8]> = left
        .iter()
        .map(|queued| &queued.message.payload[..])
        .collect();
    assert_eq!(left, [&b"sent"[..], b"waits"]);
}

#[test]
fn a_packet_is_compared_as_it_is_sent_and_again_for_the_next_connection() {
    // Head 2, topic 3, packet id 2, payload 5; version 5 has a length of properties too.
    for (version, bytes) in [(Version::V4, 12), (Version::V5, 13)] {
        let (mut outbox, held) = outbox(10);
        outbox.connect(10, bytes, version);
        outbox.push(queued("12345", Qos::AtLeastOnce, false));
        outbox.push(queued("123456", Qos::AtLeastOnce, false));
        assert_eq!(sent(&mut outbox, ALL), ["1 12345"]);
        outbox.connect(10, bytes, version);
        assert_eq!(sent(&mut outbox, ALL), ["1 12345!"]);
        // The next connection takes less: for the client it is as if it had been sent.
        outbox.push(queued("1234", Qos::AtLeastOnce, false));
        outbox.connect(10, bytes - 1, version);
        assert_eq!(sent(&mut outbox, ALL), ["2 1234"]);
        settled(outbox.acknowledge(2));
        assert_eq!(held.load(Ordering::Relaxed), 0);
    }
}
