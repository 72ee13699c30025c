//! Properties of version 5: the few that matter here, and those that are handed on.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::packet::{Refused, reason, refused};
use super::reader::Reader;

#[derive(Debug, Default)]
pub(super) struct Properties {
    pub(super) session_expiry_s: Option<u32>,
    pub(super) message_expiry_s: Option<u32>,
    pub(super) will_delay_s: Option<u32>,
    pub(super) receive_max: Option<u16>,
    pub(super) packet_bytes_max: Option<u32>,
    pub(super) topic_alias: Option<u16>,
    pub(super) subscription: Option<u32>,
    /// As they came, for whoever receives the message.
    pub(super) handed_on: Bytes,
}

/// How a property's value is written.
enum Form {
    Byte,
    Two,
    Four,
    Length,
    Binary,
    Text,
    Pair,
}

fn form(id: usize) -> Option<Form> {
    Some(match id {
        1 | 23 | 25 | 36 | 37 | 40 | 41 | 42 => Form::Byte,
        19 | 33 | 34 | 35 => Form::Two,
        2 | 17 | 24 | 39 => Form::Four,
        11 => Form::Length,
        9 | 22 => Form::Binary,
        3 | 8 | 18 | 21 | 26 | 28 | 31 => Form::Text,
        38 => Form::Pair,
        _ => return None,
    })
}

impl Properties {
    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, Refused> {
        let length = from.length()?;
        let mut reader = Reader(from.take(length)?);
        let (mut found, mut handed_on) = (Self::default(), BytesMut::new());
        while !reader.is_empty() {
            let begin = reader.0;
            let id = reader.length()?;
            let form = form(id).ok_or(refused(reason::MALFORMED, "a property is unknown"))?;
            match form {
                Form::Byte => drop(reader.u8()?),
                Form::Two => found.two(id, reader.u16()?)?,
                Form::Four => found.four(id, reader.u32()?),
                Form::Length => found.subscription = u32::try_from(reader.length()?).ok(),
                Form::Binary => drop(reader.binary()?),
                Form::Text => drop(reader.text()?),
                Form::Pair => {
                    reader.text()?;
                    reader.text()?;
                }
            }
            // Format, content type, where to answer, correlation, and the publisher's own.
            if matches!(id, 1 | 3 | 8 | 9 | 38) {
                handed_on.put_slice(&begin[..begin.len() - reader.0.len()]);
            }
        }
        found.handed_on = handed_on.freeze();
        Ok(found)
    }

    fn two(&mut self, id: usize, value: u16) -> Result<(), Refused> {
        match id {
            33 if value == 0 => {
                let why = "a client wants to receive nothing";
                return Err(refused(reason::PROTOCOL_ERROR, why));
            }
            33 => self.receive_max = Some(value),
            35 => self.topic_alias = Some(value),
            _ => {}
        }
        Ok(())
    }

    fn four(&mut self, id: usize, value: u32) {
        match id {
            2 => self.message_expiry_s = Some(value),
            17 => self.session_expiry_s = Some(value),
            24 => self.will_delay_s = Some(value),
            _ => self.packet_bytes_max = Some(value),
        }
    }
}
