mod fuzz;
#[path = "../../tests/protocol/packets.rs"]
mod packets;

use std::sync::Arc;

use super::filters::FILTERS_MAX;
use super::*;
use crate::encode::encode;
use crate::packet::Outgoing;
use crate::packet::{Message, Qos};
use crate::topic;
use bytes::BytesMut;

fn whole(bytes: &[u8], version: Version) -> Result<Incoming, Refused> {
    let (length, head) = frame(bytes, 1 << 20)?.expect("a whole packet");
    assert_eq!(length, bytes.len());
    Frame::new(Bytes::copy_from_slice(bytes), head).read(version)
}

fn connect_of(bytes: &[u8]) -> Result<Connect, Refused> {
    let (_, head) = frame(bytes, 1 << 20)?.expect("a whole packet");
    Frame::new(Bytes::copy_from_slice(bytes), head).connect()
}

#[test]
fn a_packet_is_cut_out_when_it_is_there() {
    let long = [0x30, 0xff, 0xff, 0xff, 0x7f];
    for (bytes, expected) in [
        (&b""[..], Ok(None)),
        (b"\xc0", Ok(None)),
        (b"\xc0\x00", Ok(Some((2, 2)))),
        (b"\x30\x80", Ok(None)),
        (b"\x30\x80\x01", Ok(Some((131, 3)))),
        (b"\x30\x64more than is needed", Ok(Some((102, 2)))),
        (&long, Err(reason::TOO_LARGE)),
        (b"\x30\x80\x80\x80\x80\x01", Err(reason::MALFORMED)),
    ] {
        let cut = frame(bytes, 1_000).map_err(|refused| refused.reason);
        assert_eq!(cut, expected, "{bytes:?}");
    }
}

#[test]
fn a_connect_is_understood_in_both_versions() {
    let v4 = b"\x10\x1f\0\x04MQTT\x04\xee\0\x3c\0\x02id\0\x01w\0\x03off\0\x01u\0\x02pw";
    let connect = connect_of(v4).expect("a CONNECT");
    assert_eq!((connect.version, connect.keep_alive_s), (Version::V4, 60));
    assert_eq!((connect.client_id.as_str(), connect.clean), ("id", true));
    assert_eq!(connect.user.as_deref(), Some("u"));
    assert_eq!(connect.password.as_deref(), Some(&b"pw"[..]));
    let will = connect.will.expect("a will");
    assert_eq!(
        (&*will.message.topic, &*will.message.payload),
        ("w", &b"off"[..])
    );
    assert_eq!(
        (will.message.qos, will.message.retain),
        (Qos::AtLeastOnce, true)
    );

    let v5 = b"\x10\x18\0\x04MQTT\x05\x00\0\x00\x0b\x11\0\0\0\x09\x21\0\x05\x22\0\x07\0\0";
    let connect = connect_of(v5).expect("a CONNECT");
    assert_eq!((connect.version, connect.clean), (Version::V5, false));
    assert_eq!((connect.expiry_s, connect.receive_max), (Some(9), 5));
    assert!(connect.will.is_none() && connect.user.is_none());
}

#[test]
fn what_is_no_connect_is_refused() {
    for (bytes, expected) in [
        (&b"\xc0\x00"[..], reason::PROTOCOL_ERROR),
        (b"\x10\x00", reason::MALFORMED),
        (b"\x10\x08\0\x06MQIsdp", reason::UNSUPPORTED_VERSION),
        (b"\x10\x07\0\x04MQTT\x03", reason::UNSUPPORTED_VERSION),
        (b"\x10\x0c\0\x04MQTT\x04\x01\0\x3c\0\0", reason::MALFORMED),
        // The QoS of a will that is not there.
        (b"\x10\x0c\0\x04MQTT\x04\x08\0\x3c\0\0", reason::MALFORMED),
        (b"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\x05", reason::MALFORMED),
        (
            b"\x10\x10\0\x04MQTT\x05\x02\0\x00\x03\x21\0\0\0\0",
            reason::PROTOCOL_ERROR,
        ),
    ] {
        let refused = connect_of(bytes).expect_err("a refusal");
        assert_eq!(refused.reason, expected, "{bytes:?}: {refused}");
    }
}

#[test]
fn what_a_client_may_not_send_is_refused() {
    use Version::{V4, V5};
    for (bytes, version, expected) in [
        (&b"\x36\x05\0\x01a\0\x01"[..], V4, reason::MALFORMED),
        (b"\x32\x05\0\x01a\0\0", V4, reason::PROTOCOL_ERROR),
        (b"\x32\x03\0\x01a", V4, reason::MALFORMED),
        (b"\x30\x03\0\x01#", V4, reason::TOPIC_INVALID),
        (b"\x30\x02\0\0", V4, reason::TOPIC_INVALID),
        (b"\x30\x03\0\x01\xff", V4, reason::MALFORMED),
        (b"\x30\x03\0\x01\0", V4, reason::MALFORMED),
        (b"\x30\x07\0\x01a\x03\x23\0\0", V5, reason::TOPIC_ALIAS),
        (b"\x30\x06\0\x01a\x02\x0b\x01", V5, reason::PROTOCOL_ERROR),
        (b"\x30\x05\0\x01a\x01\x7f", V5, reason::MALFORMED),
        (b"\x30\x04\0\x01a\x09", V5, reason::MALFORMED),
        (b"\x41\x02\0\x01", V4, reason::MALFORMED),
        (b"\x60\x02\0\x01", V4, reason::MALFORMED),
        (b"\x82\x02\0\x01", V4, reason::PROTOCOL_ERROR),
        (b"\x82\x06\0\x01\0\x01a\x03", V4, reason::MALFORMED),
        (b"\x82\x06\0\x01\0\x01a\x04", V4, reason::MALFORMED),
        (b"\x82\x07\0\x01\0\0\x01a\x30", V5, reason::MALFORMED),
        (
            b"\x82\x09\0\x01\x02\x0b\0\0\x01a\x01",
            V5,
            reason::PROTOCOL_ERROR,
        ),
        (b"\xa2\x02\0\x01", V4, reason::PROTOCOL_ERROR),
        (b"\x10\x00", V4, reason::PROTOCOL_ERROR),
        (b"\x20\x02\0\0", V4, reason::PROTOCOL_ERROR),
        (b"\xf0\x00", V5, reason::PROTOCOL_ERROR),
    ] {
        let refused = whole(bytes, version).expect_err("a refusal");
        assert_eq!(refused.reason, expected, "{bytes:x?}: {refused}");
    }
    let one = b"\0\x01a\x01";
    let many = [&[0, 1][..], &one.repeat(1_100)].concat();
    let many = [&[0x82, 0xb2, 0x22][..], &many].concat();
    let refused = whole(&many, V4).expect_err("a refusal");
    assert_eq!(refused.reason, reason::QUOTA);
}

#[test]
fn a_publish_has_what_is_forwarded_and_nothing_else() {
    // A text, for an hour, with a response topic `b` and a user property.
    let properties = b"\x01\x01\x02\0\0\x0e\x10\x08\0\x01b\x26\0\x01k\0\x01v";
    let bytes = [&b"\x35\x1c\0\x01a\0\x09\x12"[..], properties, b"word"].concat();
    let Ok(Incoming::Publish { id, message, .. }) = whole(&bytes, Version::V5) else {
        panic!("no PUBLISH");
    };
    assert_eq!(
        (id, &*message.topic, &*message.payload),
        (9, "a", &b"word"[..])
    );
    assert_eq!((message.qos, message.retain), (Qos::ExactlyOnce, true));
    assert!(message.expires.is_some());
    assert_eq!(
        &*message.properties,
        b"\x01\x01\x08\0\x01b\x26\0\x01k\0\x01v"
    );
}

#[test]
fn what_is_sent_can_be_read_again() {
    for version in [Version::V4, Version::V5] {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let message = Arc::new(Message {
                topic: "a/b".into(),
                payload: Bytes::from(vec![7; 300]),
                qos,
                retain: true,
                properties: Bytes::new(),
                expires: None,
            });
            let publish = Outgoing::Publish {
                id: 5,
                dup: false,
                qos,
                retain: true,
                subscription_ids: Vec::new(),
                message,
            };
            let mut out = BytesMut::new();
            encode(&publish, version, &mut out);
            let read = whole(&out, version);
            let Ok(Incoming::Publish { id, message, .. }) = read else {
                panic!("{read:?}");
            };
            assert_eq!(id, if qos == Qos::AtMostOnce { 0 } else { 5 });
            assert_eq!((message.qos, message.retain), (qos, true));
            assert_eq!((&*message.topic, message.payload.len()), ("a/b", 300));
        }
    }
}

/// A packet with these properties, of each kind that has any; the last names are those that the
/// standard allows it (MQTT 5, table 2-4).
fn with_properties(properties: &[u8]) -> [(Vec<u8>, &'static [u8]); 9] {
    let part = [
        &[u8::try_from(properties.len()).expect("short")][..],
        properties,
    ]
    .concat();
    let packet = |first: u8, parts: &[&[u8]]| {
        let body = parts.concat();
        [
            &[first, u8::try_from(body.len()).expect("short")],
            &body[..],
        ]
        .concat()
    };
    let acknowledgement = |first| packet(first, &[b"\0\x01\0", &part]);
    let connect: &[u8] = b"\0\x04MQTT\x05\x02\0\0";
    let with_will: &[u8] = b"\0\x04MQTT\x05\x06\0\0\0\0\0";
    [
        (
            packet(0x10, &[connect, &part, b"\0\0"]),
            &[17, 21, 23, 25, 33, 34, 38, 39],
        ),
        (
            packet(0x10, &[with_will, &part, b"\0\x01w\0\0"]),
            &[1, 2, 3, 8, 9, 24, 38],
        ),
        (packet(0x30, &[b"\0\x01a", &part]), &[1, 2, 3, 8, 9, 35, 38]),
        (acknowledgement(0x40), &[31, 38]),
        (acknowledgement(0x50), &[31, 38]),
        (acknowledgement(0x62), &[31, 38]),
        (acknowledgement(0x70), &[31, 38]),
        (packet(0x82, &[b"\0\x01", &part, b"\0\x01a\0"]), &[11, 38]),
        (packet(0xa2, &[b"\0\x01", &part, b"\0\x01a"]), &[38]),
    ]
}

/// What is wrong with a packet of version 5, if anything is.
fn wrong(bytes: &[u8]) -> Option<u8> {
    let outcome = if bytes[0] == 0x10 {
        connect_of(bytes).map(drop)
    } else {
        whole(bytes, Version::V5).map(drop)
    };
    outcome.err().map(|refused| refused.reason)
}

#[test]
fn each_packet_has_its_own_properties_and_each_once() {
    for id in 0..=127_u8 {
        // A value that is good wherever the standard allows the property at all.
        let value: &[u8] = match id {
            1 | 11 | 23 | 25 | 36 | 37 | 40 | 41 | 42 => b"\x01",
            2 | 17 | 24 | 39 => b"\0\0\0\x01",
            19 | 33 | 34 | 35 => b"\0\x01",
            38 => b"\0\x01k\0\x01v",
            _ => b"\0\x01x",
        };
        let once = [&[id], value].concat();
        let packets = with_properties(&once).into_iter();
        for ((one, allowed), (two, _)) in packets.zip(with_properties(&once.repeat(2))) {
            let (has_one, has_two) = (wrong(&one), wrong(&two));
            if !allowed.contains(&id) {
                assert!(has_one.is_some(), "{id} in {one:x?}");
                continue;
            }
            // A method is understood before it is refused.
            let expected = (id == 21).then_some(reason::AUTH_METHOD);
            assert_eq!(has_one, expected, "{id} in {one:x?}");
            let expected = (id != 38).then_some(reason::PROTOCOL_ERROR);
            assert_eq!(has_two, expected, "{id} twice in {two:x?}");
        }
    }
    // The values that a property may not have, in the packet that has it.
    for (packet, property) in [
        (0, &b"\x17\x02"[..]),
        (0, b"\x19\x02"),
        (0, b"\x21\0\0"),
        (0, b"\x27\0\0\0\0"),
        (0, b"\x16\0\x01x"),
        (1, b"\x01\x02"),
        (1, b"\x08\0\x03a/+"),
        (2, b"\x01\x02"),
        (2, b"\x08\0\x01#"),
        (2, b"\x08\0\0"),
        (2, b"\x23\0\0"),
        (2, b"\x03\0\x01\0"),
        (7, b"\x0b\0"),
        (7, b"\x0b\x81\0"),
    ] {
        let (bytes, _) = &with_properties(property)[packet];
        assert!(wrong(bytes).is_some(), "{bytes:x?}");
    }
}
