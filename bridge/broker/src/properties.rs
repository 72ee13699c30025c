//! The properties of a packet of version 5 (MQTT 5, 2.2.2): the few that matter to a broker, and
//! those that go from a publisher to subscribers. Which packet may have which says [`property`].

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::packet::{Refused, Version, reason, refused};
use crate::property::{self, Form, Set};
use crate::reader::Reader;
use crate::topic;

#[derive(Debug, Default)]
pub(crate) struct Properties {
    pub(crate) session_expiry_s: Option<u32>,
    pub(crate) message_expiry_s: Option<u32>,
    pub(crate) will_delay_s: Option<u32>,
    pub(crate) receive_max: Option<u16>,
    pub(crate) packet_bytes_max: Option<u32>,
    pub(crate) topic_alias: Option<u16>,
    pub(crate) subscription_id: Option<u32>,
    pub(crate) has_auth_method: bool,
    pub(crate) has_auth_data: bool,
    /// Those that are passed on to subscribers, encoded as they have come.
    pub(crate) forwarded: Bytes,
}

impl Properties {
    /// Reads those of a packet that may have `allowed`. Version 3.1.1 has none.
    ///
    /// # Errors
    /// When they are cut short, or one is unknown, not of this packet, there twice, or has a value
    /// that it may not have.
    pub(crate) fn read(
        from: &mut Reader<'_>,
        version: Version,
        allowed: Set,
    ) -> Result<Self, Refused> {
        const UNKNOWN: Refused = refused(reason::MALFORMED, "a property is unknown");
        const FOREIGN: Refused = refused(reason::MALFORMED, "a packet has another's property");
        const TWICE: Refused = refused(reason::PROTOCOL_ERROR, "a property is there twice");
        let (mut found, mut forwarded) = (Self::default(), BytesMut::new());
        if version == Version::V4 {
            return Ok(found);
        }
        let length = from.length()?;
        let mut reader = Reader(from.take(length)?);
        let mut seen = Set::NONE;
        while !reader.is_empty() {
            // Where the property begins, so that it can be forwarded as it stands.
            let begin = reader.0;
            // A Variable Byte Integer by the standard, in which all of them are one byte.
            let id = u8::try_from(reader.length()?).map_err(|_| UNKNOWN)?;
            let form = property::form(id).ok_or(UNKNOWN)?;
            if !allowed.has(id) {
                return Err(FOREIGN);
            }
            if seen.add(id) && !property::may_repeat(id) {
                return Err(TWICE);
            }
            found.value(id, &form, &mut reader)?;
            if property::is_forwarded(id) {
                forwarded.put_slice(&begin[..begin.len() - reader.0.len()]);
            }
        }
        found.forwarded = forwarded.freeze();
        Ok(found)
    }

    fn value(&mut self, id: u8, form: &Form, reader: &mut Reader<'_>) -> Result<(), Refused> {
        match form {
            Form::Flag if reader.u8()? > 1 => {
                let why = "a property that is 0 or 1 has another value";
                Err(refused(reason::PROTOCOL_ERROR, why))
            }
            Form::Flag => Ok(()),
            Form::Two => self.two(id, reader.u16()?),
            Form::Four => self.four(id, reader.u32()?),
            Form::Length => match u32::try_from(reader.length()?) {
                Ok(number) if number > 0 => {
                    self.subscription_id = Some(number);
                    Ok(())
                }
                _ => {
                    let why = "a subscription has the number 0";
                    Err(refused(reason::PROTOCOL_ERROR, why))
                }
            },
            Form::Binary => {
                self.has_auth_data |= id == property::AUTH_DATA;
                reader.binary().map(drop)
            }
            Form::Text => {
                self.has_auth_method |= id == property::AUTH_METHOD;
                let text = reader.text()?;
                if id == property::RESPONSE_TOPIC && !topic::is_name(text) {
                    let why = "a response topic is empty or has wildcards";
                    return Err(refused(reason::PROTOCOL_ERROR, why));
                }
                Ok(())
            }
            Form::Pair => {
                reader.text()?;
                reader.text().map(drop)
            }
        }
    }

    fn two(&mut self, id: u8, value: u16) -> Result<(), Refused> {
        match (id, value) {
            (property::RECEIVE_MAX, 0) => {
                let why = "a client wants to receive nothing";
                return Err(refused(reason::PROTOCOL_ERROR, why));
            }
            (property::TOPIC_ALIAS, 0) => {
                return Err(refused(reason::TOPIC_ALIAS, "a topic has the alias 0"));
            }
            (property::RECEIVE_MAX, _) => self.receive_max = Some(value),
            (property::TOPIC_ALIAS, _) => self.topic_alias = Some(value),
            // The aliases that the broker might use: it uses none.
            _ => {}
        }
        Ok(())
    }

    fn four(&mut self, id: u8, value: u32) -> Result<(), Refused> {
        match (id, value) {
            (property::PACKET_BYTES_MAX, 0) => {
                let why = "a client wants no packet of any size";
                return Err(refused(reason::PROTOCOL_ERROR, why));
            }
            (property::PACKET_BYTES_MAX, _) => self.packet_bytes_max = Some(value),
            (property::MESSAGE_EXPIRY, _) => self.message_expiry_s = Some(value),
            (property::SESSION_EXPIRY, _) => self.session_expiry_s = Some(value),
            _ => self.will_delay_s = Some(value),
        }
        Ok(())
    }
}
