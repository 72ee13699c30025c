//! Whether an answer is one that the standard allows where Mosquitto gives another one.

/// First byte and body.
pub(crate) type Packet = (u8, Vec<u8>);

const CONNACK: u8 = 2;
const PUBACK: u8 = 4;
const PUBCOMP: u8 = 7;
const SUBACK: u8 = 9;
const UNSUBACK: u8 = 11;
const DISCONNECT: u8 = 14;
/// "Packet Identifier not found", which is no error (MQTT 5, 3.7.2.1).
const ID_NOT_FOUND: u8 = 0x92;

/// Cuts the first packet out; `None` when it is not all there.
pub(crate) fn cut(bytes: &[u8]) -> Option<(Packet, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let (mut length, mut shift) = (0, 0);
    loop {
        let (byte, after) = rest.split_first()?;
        rest = after;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        // A fifth byte of a length is wrong, and a broker sees that by itself.
        if byte & 0x80 == 0 || shift == 28 {
            break;
        }
    }
    let (body, rest) = rest.split_at_checked(length)?;
    Some(((*first, body.to_vec()), rest))
}

/// Whether the packets are all there, so that what is sent after them is another one.
pub(crate) fn is_whole(mut bytes: &[u8]) -> bool {
    while let Some((_, rest)) = cut(bytes) {
        bytes = rest;
    }
    bytes.is_empty()
}

/// Whether the packet says that the connection is over, or is not to be.
pub(crate) fn is_refusal((first, body): &Packet) -> bool {
    match first >> 4 {
        CONNACK => body.get(1).is_some_and(|code| *code != 0),
        DISCONNECT => body.first().is_some_and(|code| *code >= 0x80),
        _ => false,
    }
}

/// Whether it had to be said: of version 3.1.1 a refusal for its protocol level
/// (MQTT-3.1.2-2). All others may be left out for closing the connection alone (MQTT 5, 4.13).
pub(crate) fn must_be_said((first, body): &Packet) -> bool {
    first >> 4 == CONNACK && body == &[0, 1]
}

pub(crate) fn is_allowed(version: u8, wanted: &Packet, got: &Packet) -> bool {
    if is_refusal(wanted) && !must_be_said(wanted) {
        // Which code fits best is left to the server in most cases.
        return is_refusal(got);
    }
    if wanted.0 != got.0 {
        return false;
    }
    match wanted.0 >> 4 {
        // What a broker grants is its own.
        CONNACK => wanted.1.get(..2) == got.1.get(..2),
        PUBACK..=PUBCOMP => {
            let id = |packet: &Packet| packet.1.get(..2).map(<[u8]>::to_vec);
            id(wanted) == id(got) && succeeds(wanted) == succeeds(got)
        }
        SUBACK | UNSUBACK if version == 5 => {
            // The reason codes, behind the properties, of which there are none here.
            let codes = |packet: &Packet| -> Vec<u8> {
                let all = packet.1.iter().skip(3);
                all.map(|code| (*code).min(0x80)).collect()
            };
            wanted.1.get(..2) == got.1.get(..2) && codes(wanted) == codes(got)
        }
        _ => wanted == got,
    }
}

/// Without a reason code it is a success (MQTT 5, 3.4.2.1); "no matching subscribers" is one that
/// a server may tell.
fn succeeds((_, body): &Packet) -> bool {
    body.get(2)
        .is_none_or(|code| *code < 0x80 || *code == ID_NOT_FOUND)
}
