//! From packets to bytes.

use bytes::{BufMut as _, BytesMut};
use tokio::time::Instant;

use super::packet::{Granted, Message, Outgoing, Qos, Version, reason};

/// More than this fits no packet that was taken in.
pub(super) fn encode(packet: &Outgoing, version: Version, out: &mut BytesMut) {
    let v5 = version == Version::V5;
    let mut body = BytesMut::new();
    let first = match packet {
        Outgoing::ConnAck {
            present,
            code,
            granted,
        } => {
            body.put_u8(u8::from(*present));
            body.put_u8(if v5 { *code } else { return_code(*code) });
            if v5 {
                put_properties(&mut body, &granted.encoded());
            }
            0x20
        }
        Outgoing::Publish {
            id,
            dup,
            qos,
            retain,
            numbers,
            message,
        } => {
            put_text(&mut body, &message.topic);
            if *qos != Qos::AtMostOnce {
                body.put_u16(*id);
            }
            if v5 {
                put_properties(&mut body, &of_message(message, numbers));
            }
            body.put_slice(&message.payload);
            0x30 | u8::from(*dup) << 3 | qos.bits() << 1 | u8::from(*retain)
        }
        Outgoing::PubAck(id) => acknowledged(&mut body, 0x40, *id),
        Outgoing::PubRec(id) => acknowledged(&mut body, 0x50, *id),
        Outgoing::PubRel(id) => acknowledged(&mut body, 0x62, *id),
        Outgoing::PubComp(id) => acknowledged(&mut body, 0x70, *id),
        Outgoing::SubAck { id, codes } => {
            body.put_u16(*id);
            if v5 {
                body.put_u8(0);
            }
            // Version 4 has one word for every failure.
            body.extend(codes.iter().map(|code| match v5 || *code < 0x80 {
                true => *code,
                false => 0x80,
            }));
            0x90
        }
        Outgoing::UnsubAck { id, codes } => {
            body.put_u16(*id);
            if v5 {
                body.put_u8(0);
                body.extend(codes);
            }
            0xb0
        }
        Outgoing::Pong => 0xd0,
        // Version 4 has no such packet from a broker.
        Outgoing::Disconnect(_) if !v5 => return,
        Outgoing::Disconnect(code) => {
            body.put_u8(*code);
            0xe0
        }
    };
    out.put_u8(first);
    put_length(out, body.len());
    out.put_slice(&body);
}

fn acknowledged(body: &mut BytesMut, first: u8, id: u16) -> u8 {
    body.put_u16(id);
    first
}

impl Granted {
    fn encoded(&self) -> BytesMut {
        let mut all = BytesMut::new();
        all.put_u8(17);
        all.put_u32(self.expiry_s);
        if self.receive_max > 0 {
            all.put_u8(33);
            all.put_u16(self.receive_max);
        }
        if self.packet_bytes_max > 0 {
            all.put_u8(39);
            all.put_u32(self.packet_bytes_max);
        }
        if let Some(id) = &self.client_id {
            all.put_u8(18);
            put_text(&mut all, id);
        }
        if self.keep_alive_s > 0 {
            all.put_u8(19);
            all.put_u16(self.keep_alive_s);
        }
        all
    }
}

fn of_message(message: &Message, numbers: &[u32]) -> BytesMut {
    let mut all = BytesMut::from(&message.properties[..]);
    if let Some(expires) = message.expires {
        let left = expires.saturating_duration_since(Instant::now());
        all.put_u8(2);
        all.put_u32(u32::try_from(left.as_secs()).unwrap_or(u32::MAX));
    }
    for number in numbers {
        all.put_u8(11);
        put_length(&mut all, *number as usize);
    }
    all
}

/// What version 4 calls a reason to let nobody in.
fn return_code(code: u8) -> u8 {
    match code {
        reason::OK => 0,
        reason::UNSUPPORTED_VERSION => 1,
        reason::CLIENT_ID => 2,
        reason::CREDENTIALS => 4,
        _ => 3,
    }
}

fn put_properties(out: &mut BytesMut, properties: &[u8]) {
    put_length(out, properties.len());
    out.put_slice(properties);
}

fn put_text(out: &mut BytesMut, text: &str) {
    out.put_u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
    out.put_slice(text.as_bytes());
}

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
