use std::sync::Arc;

use bytes::Bytes;

use super::*;

fn encoded(packet: &Outgoing, version: Version) -> Vec<u8> {
    let mut out = BytesMut::new();
    encode(packet, version, &mut out);
    out.to_vec()
}

fn publish() -> Outgoing {
    let message = Arc::new(Message {
        topic: "a".into(),
        payload: Bytes::from_static(b"x"),
        qos: Qos::AtLeastOnce,
        retain: false,
        properties: Bytes::from_static(&[1, 1]),
        expires: None,
    });
    Outgoing::Publish {
        id: 258,
        dup: true,
        qos: Qos::AtLeastOnce,
        retain: false,
        subscription_ids: vec![5, 200],
        message,
    }
}

#[test]
fn packets_are_what_the_standard_says() {
    let publish = publish();
    let granted = Granted {
        client_id: Some("n".to_owned()),
        expiry_s: Some(9),
        receive_max: 5,
        packet_bytes_max: 258,
        topic_alias_max: 0,
        keep_alive_s: 60,
    };
    let accepted = Outgoing::ConnAck {
        session_present: true,
        code: reason::OK,
        granted,
    };
    let refused = Outgoing::ConnAck {
        session_present: false,
        code: reason::CREDENTIALS,
        granted: Granted::default(),
    };
    let codes = vec![1, reason::QUOTA];
    let cases: [(Outgoing, &[u8], &[u8]); 10] = [
        (
            publish,
            b"\x3a\x06\0\x01a\x01\x02x",
            b"\x3a\x0e\0\x01a\x01\x02\x07\x01\x01\x0b\x05\x0b\xc8\x01x",
        ),
        (
            accepted,
            b"\x20\x02\x01\0",
            b"\x20\x17\x01\0\x14\x11\0\0\0\x09\x21\0\x05\x27\0\0\x01\x02\x12\0\x01n\x13\0\x3c",
        ),
        (refused, b"\x20\x02\0\x04", b"\x20\x03\0\x86\0"),
        (
            Outgoing::PubAck(7, reason::OK),
            b"\x40\x02\0\x07",
            b"\x40\x02\0\x07",
        ),
        (
            Outgoing::PubRec(7, reason::QUOTA),
            b"\x50\x02\0\x07",
            b"\x50\x03\0\x07\x97",
        ),
        (Outgoing::PubRel(7), b"\x62\x02\0\x07", b"\x62\x02\0\x07"),
        (
            Outgoing::SubAck { id: 7, codes },
            b"\x90\x04\0\x07\x01\x80",
            b"\x90\x05\0\x07\0\x01\x97",
        ),
        (
            Outgoing::UnsubAck {
                id: 7,
                codes: vec![0, reason::NO_SUBSCRIPTION],
            },
            b"\xb0\x02\0\x07",
            b"\xb0\x05\0\x07\0\0\x11",
        ),
        (Outgoing::Pong, b"\xd0\0", b"\xd0\0"),
        (Outgoing::Disconnect(reason::BUSY), b"", b"\xe0\x01\x89"),
    ];
    for (packet, v4, v5) in cases {
        for (version, expected) in [(Version::V4, v4), (Version::V5, v5)] {
            assert_eq!(encoded(&packet, version), expected, "{packet:?}");
            assert_eq!(encoded_len(&packet, version), expected.len(), "{packet:?}");
        }
    }
}

#[test]
fn what_is_left_of_a_life_is_never_told_shorter_than_it_is() {
    for (expires_ms, expected_s) in [(1_900, 2), (900, 1), (0, 0)] {
        let expires = Instant::now() + std::time::Duration::from_millis(expires_ms);
        assert_eq!(seconds_left(expires), expected_s, "{expires_ms} ms");
    }
    assert_eq!(
        seconds_left(Instant::now() - std::time::Duration::from_secs(9)),
        0
    );
}
