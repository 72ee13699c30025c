//! From packets to bytes, in the words of the version that the client speaks.

use bytes::{BufMut as _, BytesMut};
use tokio::time::Instant;

use crate::packet::{Granted, Message, Outgoing, Qos, Version, kind, reason};
use crate::properties::property;

/// Appends the packet to `out`; nothing where the version has no such packet.
pub(crate) fn encode(packet: &Outgoing, version: Version, out: &mut BytesMut) {
    let v5 = version == Version::V5;
    // Apart from `out`, because the head in front of it says how long it is.
    let mut body = BytesMut::new();
    let first = match packet {
        Outgoing::ConnAck {
            session_present,
            code,
            granted,
        } => {
            body.put_u8(u8::from(*session_present));
            body.put_u8(if v5 { *code } else { return_code(*code) });
            if v5 {
                put_properties(&mut body, &granted.encoded());
            }
            kind::CONNACK << 4
        }
        Outgoing::Publish {
            id,
            dup,
            qos,
            retain,
            subscription_ids,
            message,
        } => {
            put_text(&mut body, &message.topic);
            if *qos != Qos::AtMostOnce {
                body.put_u16(*id);
            }
            if v5 {
                put_properties(&mut body, &publish_properties(message, subscription_ids));
            }
            body.put_slice(&message.payload);
            // MQTT 5, 3.3.1: the flags.
            kind::PUBLISH << 4 | u8::from(*dup) << 3 | qos.bits() << 1 | u8::from(*retain)
        }
        Outgoing::PubAck(id) => acknowledged(&mut body, kind::PUBACK << 4, *id),
        Outgoing::PubRec(id) => acknowledged(&mut body, kind::PUBREC << 4, *id),
        // Of all that a broker sends, it alone has a fixed flag that is set (MQTT 5, 2.1.3).
        Outgoing::PubRel(id) => acknowledged(&mut body, kind::PUBREL << 4 | 2, *id),
        Outgoing::PubComp(id) => acknowledged(&mut body, kind::PUBCOMP << 4, *id),
        Outgoing::SubAck { id, codes } => {
            body.put_u16(*id);
            if v5 {
                body.put_u8(0);
            }
            // Version 3.1.1 has one code for every failure.
            let code = |code: &u8| if v5 { *code } else { (*code).min(0x80) };
            body.extend(codes.iter().map(code));
            kind::SUBACK << 4
        }
        Outgoing::UnsubAck { id, codes } => {
            body.put_u16(*id);
            if v5 {
                body.put_u8(0);
                body.extend(codes);
            }
            kind::UNSUBACK << 4
        }
        Outgoing::Pong => kind::PINGRESP << 4,
        // From a broker of version 3.1.1 there is no such packet: it closes the connection.
        Outgoing::Disconnect(_) if !v5 => return,
        Outgoing::Disconnect(code) => {
            body.put_u8(*code);
            kind::DISCONNECT << 4
        }
    };
    out.put_u8(first);
    put_length(out, body.len());
    out.put_slice(&body);
}

/// The body that all packets with nothing but a packet id have; hands back the first byte.
fn acknowledged(body: &mut BytesMut, first: u8, id: u16) -> u8 {
    body.put_u16(id);
    first
}

impl Granted {
    fn encoded(&self) -> BytesMut {
        let mut all = BytesMut::new();
        all.put_u8(property::SESSION_EXPIRY);
        all.put_u32(self.expiry_s);
        // 0 is no value of the standard's; a refusal, which grants nothing, has it here.
        if self.receive_max > 0 {
            all.put_u8(property::RECEIVE_MAX);
            all.put_u16(self.receive_max);
        }
        if self.packet_bytes_max > 0 {
            all.put_u8(property::PACKET_BYTES_MAX);
            all.put_u32(self.packet_bytes_max);
        }
        if let Some(id) = &self.client_id {
            all.put_u8(property::ASSIGNED_CLIENT_ID);
            put_text(&mut all, id);
        }
        if self.keep_alive_s > 0 {
            all.put_u8(property::SERVER_KEEP_ALIVE);
            all.put_u16(self.keep_alive_s);
        }
        all
    }
}

fn publish_properties(message: &Message, subscription_ids: &[u32]) -> BytesMut {
    let mut all = BytesMut::from(&message.properties[..]);
    if let Some(expires) = message.expires {
        // What is left of it, as the standard wants (MQTT 5, 3.3.2.3.3).
        let left = expires.saturating_duration_since(Instant::now());
        all.put_u8(property::MESSAGE_EXPIRY);
        all.put_u32(u32::try_from(left.as_secs()).unwrap_or(u32::MAX));
    }
    for id in subscription_ids {
        all.put_u8(property::SUBSCRIPTION_ID);
        put_length(&mut all, *id as usize);
    }
    all
}

/// The return code of version 3.1.1 (section 3.2.2.3) for a reason to refuse a client.
fn return_code(code: u8) -> u8 {
    match code {
        reason::OK => 0,
        reason::UNSUPPORTED_VERSION => 1,
        reason::CLIENT_ID => 2,
        reason::CREDENTIALS => 4,
        // "Server unavailable": the client may try again.
        _ => 3,
    }
}

fn put_properties(out: &mut BytesMut, properties: &[u8]) {
    put_length(out, properties.len());
    out.put_slice(properties);
}

fn put_text(out: &mut BytesMut, text: &str) {
    // All texts here have come in packets, or are made by the broker and short.
    debug_assert!(text.len() <= usize::from(u16::MAX));
    out.put_u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
    out.put_slice(text.as_bytes());
}

/// As a Variable Byte Integer (MQTT 5, 1.5.5): seven bits a byte, the lowest first.
fn put_length(out: &mut BytesMut, mut length: usize) {
    loop {
        let low = (length & 0x7f) as u8;
        length >>= 7;
        if length == 0 {
            out.put_u8(low);
            return;
        }
        out.put_u8(low | 0x80);
    }
}

#[cfg(test)]
mod tests;
