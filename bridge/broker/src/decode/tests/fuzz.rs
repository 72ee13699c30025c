//! The decoder under packets by chance, right ones and damaged ones.

use std::time::{Duration, Instant};

use super::packets::{Random, connect, damage, first_seed, noise, packet, seconds};
use super::*;
use crate::encode::encoded_len;

const PACKET_MAX: usize = 16 << 10;

/// Any bytes get an answer, and take no more memory than a few times the packet; whether they are
/// a packet that a client may send.
fn survives(bytes: &[u8], version: Version) -> bool {
    let Ok(Some((length, head))) = frame(bytes, PACKET_MAX) else {
        return false;
    };
    assert!(length <= PACKET_MAX + 5);
    if bytes.len() < length {
        return false;
    }
    let frame = Frame::new(Bytes::copy_from_slice(&bytes[..length]), head);
    if let Ok(connect) = frame.connect() {
        let will = connect.will.map(|will| will.message);
        let held = connect.client_id.len()
            + connect.user.map_or(0, |user| user.len())
            + connect.password.map_or(0, |password| password.len())
            + will.as_ref().map_or(0, |will| held(will));
        assert!(held <= length);
        assert!(will.is_none_or(|will| topic::name(&will.topic).is_ok()));
        return true;
    }
    match frame.read(version) {
        Ok(Incoming::Publish { id, alias, message }) => {
            assert!(held(&message) <= length);
            if alias.is_none() {
                assert!(topic::name(&message.topic).is_ok());
                goes_both_ways(id, message, bytes[0] & 8 != 0, version);
            }
        }
        Ok(Incoming::PubAck(id)) => is_same(&Outgoing::PubAck(id, 0), version),
        Ok(Incoming::PubRec(id, true)) => is_same(&Outgoing::PubRec(id, 0), version),
        Ok(Incoming::PubRel(id)) => is_same(&Outgoing::PubRel(id), version),
        Ok(Incoming::PubComp(id)) => is_same(&Outgoing::PubComp(id, 0), version),
        Ok(Incoming::Subscribe { filters, .. }) => {
            assert!(filters.len() <= FILTERS_MAX);
            assert!(
                filters
                    .iter()
                    .map(|(filter, _)| filter.len())
                    .sum::<usize>()
                    <= length
            );
        }
        Ok(Incoming::Unsubscribe { filters, .. }) => {
            assert!(filters.len() <= FILTERS_MAX);
            assert!(filters.iter().map(String::len).sum::<usize>() <= length);
        }
        Ok(_) => {}
        Err(_) => return false,
    }
    true
}

fn held(message: &Message) -> usize {
    message.topic.len() + message.payload.len() + message.properties.len()
}

fn encoded(packet: &Outgoing, version: Version) -> BytesMut {
    let mut out = BytesMut::new();
    encode(packet, version, &mut out);
    assert_eq!(out.len(), encoded_len(packet, version), "{packet:?}");
    out
}

/// What was read, written and read again is the same.
fn goes_both_ways(id: u16, message: Message, dup: bool, version: Version) {
    let message = Arc::new(message);
    let publish = Outgoing::Publish {
        id,
        dup,
        qos: message.qos,
        retain: message.retain,
        subscription_ids: Vec::new(),
        message: Arc::clone(&message),
    };
    let bytes = encoded(&publish, version);
    let again = whole(&bytes, version);
    let Ok(Incoming::Publish {
        id: same_id,
        message: same,
        ..
    }) = again
    else {
        panic!("{bytes:x?}: {again:?}");
    };
    assert_eq!(same_id, id);
    assert_eq!((same.qos, same.retain), (message.qos, message.retain));
    assert_eq!(
        (&same.topic, &same.payload),
        (&message.topic, &message.payload)
    );
    assert_eq!(same.properties, message.properties);
    assert_eq!(same.expires.is_some(), message.expires.is_some());
}

fn is_same(packet: &Outgoing, version: Version) {
    let again = whole(&encoded(packet, version), version);
    let is_same = matches!(
        (packet, &again),
        (Outgoing::PubAck(a, _), Ok(Incoming::PubAck(b)))
        | (Outgoing::PubRec(a, _), Ok(Incoming::PubRec(b, true)))
        | (Outgoing::PubRel(a), Ok(Incoming::PubRel(b)))
        | (Outgoing::PubComp(a, _), Ok(Incoming::PubComp(b))) if a == b
    );
    assert!(is_same, "{packet:?} and {again:?}");
}

#[test]
#[allow(clippy::print_stdout, reason = "the report of this test")]
fn fuzz_the_decoder() {
    /// Of each second; what an unoptimised decoder on a busy machine does a hundred times of.
    const PACKETS_A_SECOND_MIN: u64 = 2_000;
    let until = Instant::now() + Duration::from_secs(seconds());
    let (mut right, mut damaged, mut accepted) = (0_u64, 0_u64, 0_u64);
    for seed in first_seed().. {
        if seed % 256 == 0 && Instant::now() >= until {
            break;
        }
        let mut random = Random::new(seed);
        let (number, version) = if random.chance(2) {
            (4, Version::V4)
        } else {
            (5, Version::V5)
        };
        let bytes = match random.below(5) {
            0 => connect(&mut random, number),
            _ => packet(&mut random, number),
        };
        // Nothing right is refused, whatever else is.
        assert!(
            survives(&bytes, version),
            "seed {seed}, MQTT {number}: {bytes:x?}"
        );
        right += 1;
        for _ in 0..4 {
            let bytes = damage(&mut random, bytes.clone());
            damaged += 1;
            accepted += u64::from(survives(&bytes, version));
        }
        survives(&noise(&mut random), version);
    }
    println!("{right} right packets; of {damaged} damaged ones {accepted} are packets");
    assert!(right + damaged >= PACKETS_A_SECOND_MIN * seconds());
    // Damage that all is refused for, or that does none, would try nothing behind it.
    assert!(
        (damaged / 20..damaged / 2).contains(&accepted),
        "{accepted} of {damaged}"
    );
}
