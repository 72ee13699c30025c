//! From packets to bytes, in the words of the version that the client speaks.

mod writer;

use bytes::BytesMut;
use tokio::time::Instant;

use self::writer::{Count, Writer, length_of};
use crate::packet::{Granted, Message, Outgoing, Qos, Version, kind, reason};
use crate::property;

/// Appends the packet to `out`; nothing where the version has no such packet.
pub(crate) fn encode(packet: &Outgoing, version: Version, out: &mut BytesMut) {
    let Some(first) = first_byte(packet, version) else {
        return;
    };
    let length = body_len(packet, version);
    out.reserve(1 + length_of(length) + length);
    out.u8(first);
    out.length(length);
    body(packet, version, out);
}

/// How many bytes the packet has as it is sent, which is what a client's Maximum Packet Size
/// counts (MQTT 5, 3.1.2.11.4). Nothing is written for it.
pub(crate) fn encoded_len(packet: &Outgoing, version: Version) -> usize {
    if first_byte(packet, version).is_none() {
        return 0;
    }
    let length = body_len(packet, version);
    1 + length_of(length) + length
}

fn body_len(packet: &Outgoing, version: Version) -> usize {
    let mut count = Count::default();
    body(packet, version, &mut count);
    count.0
}

/// Packet type and flags (MQTT 5, 2.1.2 and 2.1.3); `None` where the version has no such packet.
fn first_byte(packet: &Outgoing, version: Version) -> Option<u8> {
    let (kind, flags) = match packet {
        Outgoing::ConnAck { .. } => (kind::CONNACK, 0),
        Outgoing::Publish {
            dup, qos, retain, ..
        } => {
            let flags = u8::from(*dup) << 3 | qos.bits() << 1 | u8::from(*retain);
            (kind::PUBLISH, flags)
        }
        Outgoing::PubAck(..) => (kind::PUBACK, 0),
        Outgoing::PubRec(..) => (kind::PUBREC, 0),
        // Of all that a broker sends, it alone has a fixed flag that is set.
        Outgoing::PubRel(_) => (kind::PUBREL, 2),
        Outgoing::PubComp(..) => (kind::PUBCOMP, 0),
        Outgoing::SubAck { .. } => (kind::SUBACK, 0),
        Outgoing::UnsubAck { .. } => (kind::UNSUBACK, 0),
        Outgoing::Pong => (kind::PINGRESP, 0),
        // From a broker of version 3.1.1 there is no such packet: it closes the connection.
        Outgoing::Disconnect(_) if version == Version::V4 => return None,
        Outgoing::Disconnect(_) => (kind::DISCONNECT, 0),
    };
    Some(kind << 4 | flags)
}

/// Everything behind the length. The same for a [`Count`] and for bytes, so that the length
/// that is written in front cannot be another than that of what follows.
fn body(packet: &Outgoing, version: Version, out: &mut impl Writer) {
    let v5 = version == Version::V5;
    match packet {
        Outgoing::ConnAck {
            session_present,
            code,
            granted,
        } => {
            out.u8(u8::from(*session_present));
            out.u8(if v5 { *code } else { return_code(*code) });
            if v5 {
                with_length(out, granted);
            }
        }
        Outgoing::Publish {
            id,
            qos,
            subscription_ids,
            message,
            ..
        } => {
            out.text(&message.topic);
            if *qos != Qos::AtMostOnce {
                out.u16(*id);
            }
            if v5 {
                let properties = PublishProperties {
                    message,
                    subscription_ids,
                };
                with_length(out, &properties);
            }
            out.bytes(&message.payload);
        }
        Outgoing::PubAck(id, code) | Outgoing::PubRec(id, code) | Outgoing::PubComp(id, code) => {
            out.u16(*id);
            // Left out where it is a success (MQTT 5, 3.4.2.1); version 3.1.1 has none.
            if v5 && *code != reason::OK {
                out.u8(*code);
            }
        }
        Outgoing::PubRel(id) => out.u16(*id),
        Outgoing::SubAck { id, codes } => {
            out.u16(*id);
            if v5 {
                out.u8(0);
            }
            for code in codes {
                // Version 3.1.1 has one code for every failure.
                out.u8(if v5 { *code } else { (*code).min(0x80) });
            }
        }
        Outgoing::UnsubAck { id, codes } => {
            out.u16(*id);
            if v5 {
                out.u8(0);
                out.bytes(codes);
            }
        }
        Outgoing::Pong => {}
        Outgoing::Disconnect(code) => out.u8(*code),
    }
}

/// What has its own length in front.
trait Part {
    fn write(&self, out: &mut impl Writer);
}

fn with_length(out: &mut impl Writer, part: &impl Part) {
    let mut count = Count::default();
    part.write(&mut count);
    out.length(count.0);
    part.write(out);
}

impl Part for Granted {
    fn write(&self, out: &mut impl Writer) {
        if let Some(expiry_s) = self.expiry_s {
            out.u8(property::SESSION_EXPIRY);
            out.u32(expiry_s);
        }
        // 0 is no value of the standard's; a refusal, which grants nothing, has it here.
        if self.receive_max > 0 {
            out.u8(property::RECEIVE_MAX);
            out.u16(self.receive_max);
        }
        if self.packet_bytes_max > 0 {
            out.u8(property::PACKET_BYTES_MAX);
            out.u32(self.packet_bytes_max);
        }
        if self.topic_alias_max > 0 {
            out.u8(property::TOPIC_ALIAS_MAX);
            out.u16(self.topic_alias_max);
        }
        if let Some(id) = &self.client_id {
            out.u8(property::ASSIGNED_CLIENT_ID);
            out.text(id);
        }
        if self.keep_alive_s > 0 {
            out.u8(property::SERVER_KEEP_ALIVE);
            out.u16(self.keep_alive_s);
        }
    }
}

/// What is left of a message's life, which subscribers are told (MQTT 5, 3.3.2.3.3). A part of a
/// second counts as one: a message on its way for a millisecond has not lost a second of its life.
fn seconds_left(expires: Instant) -> u32 {
    let left = expires.saturating_duration_since(Instant::now());
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

struct PublishProperties<'m> {
    message: &'m Message,
    subscription_ids: &'m [u32],
}

impl Part for PublishProperties<'_> {
    fn write(&self, out: &mut impl Writer) {
        out.bytes(&self.message.properties);
        if let Some(expires) = self.message.expires {
            out.u8(property::MESSAGE_EXPIRY);
            out.u32(seconds_left(expires));
        }
        for id in self.subscription_ids {
            out.u8(property::SUBSCRIPTION_ID);
            out.length(*id as usize);
        }
    }
}

/// The return code of version 3.1.1 (section 3.2.2.3) for a reason to refuse a client.
fn return_code(code: u8) -> u8 {
    match code {
        reason::OK => 0,
        reason::UNSUPPORTED_VERSION => 1,
        reason::CLIENT_ID => 2,
        reason::CREDENTIALS => 4,
        reason::NOT_AUTHORIZED => 5,
        // "Server unavailable": the client may try again.
        _ => 3,
    }
}

#[cfg(test)]
mod tests;
