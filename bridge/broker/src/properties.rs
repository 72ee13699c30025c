//! Properties of version 5 (MQTT 5, 2.2.2): the few that matter to a broker, and those that
//! go from a publisher to subscribers.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::packet::{Refused, reason, refused};
use crate::reader::Reader;

/// Property identifiers (MQTT 5, table 2-4).
pub(crate) mod property {
    pub(crate) const PAYLOAD_FORMAT: u8 = 1;
    pub(crate) const MESSAGE_EXPIRY: u8 = 2;
    pub(crate) const CONTENT_TYPE: u8 = 3;
    pub(crate) const RESPONSE_TOPIC: u8 = 8;
    pub(crate) const CORRELATION_DATA: u8 = 9;
    pub(crate) const SUBSCRIPTION_ID: u8 = 11;
    pub(crate) const SESSION_EXPIRY: u8 = 17;
    pub(crate) const ASSIGNED_CLIENT_ID: u8 = 18;
    pub(crate) const SERVER_KEEP_ALIVE: u8 = 19;
    pub(crate) const AUTH_METHOD: u8 = 21;
    pub(crate) const AUTH_DATA: u8 = 22;
    pub(crate) const REQUEST_PROBLEM_INFO: u8 = 23;
    pub(crate) const WILL_DELAY: u8 = 24;
    pub(crate) const REQUEST_RESPONSE_INFO: u8 = 25;
    pub(crate) const RESPONSE_INFO: u8 = 26;
    pub(crate) const SERVER_REFERENCE: u8 = 28;
    pub(crate) const REASON_STRING: u8 = 31;
    pub(crate) const RECEIVE_MAX: u8 = 33;
    pub(crate) const TOPIC_ALIAS_MAX: u8 = 34;
    pub(crate) const TOPIC_ALIAS: u8 = 35;
    pub(crate) const QOS_MAX: u8 = 36;
    pub(crate) const RETAIN_AVAILABLE: u8 = 37;
    pub(crate) const USER: u8 = 38;
    pub(crate) const PACKET_BYTES_MAX: u8 = 39;
    pub(crate) const WILDCARDS_AVAILABLE: u8 = 40;
    pub(crate) const SUBSCRIPTION_IDS_AVAILABLE: u8 = 41;
    pub(crate) const SHARED_AVAILABLE: u8 = 42;
}

#[derive(Debug, Default)]
pub(crate) struct Properties {
    pub(crate) session_expiry_s: Option<u32>,
    pub(crate) message_expiry_s: Option<u32>,
    pub(crate) will_delay_s: Option<u32>,
    pub(crate) receive_max: Option<u16>,
    pub(crate) packet_bytes_max: Option<u32>,
    pub(crate) topic_alias: Option<u16>,
    pub(crate) subscription_id: Option<u32>,
    /// Those that are passed on to subscribers, encoded as they have come.
    pub(crate) forwarded: Bytes,
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

/// Also of properties that no client may send to a broker: which packet has which is not
/// checked, since the others do nothing here.
fn form(id: u8) -> Option<Form> {
    use property as p;
    Some(match id {
        p::PAYLOAD_FORMAT
        | p::REQUEST_PROBLEM_INFO
        | p::REQUEST_RESPONSE_INFO
        | p::QOS_MAX
        | p::RETAIN_AVAILABLE
        | p::WILDCARDS_AVAILABLE
        | p::SUBSCRIPTION_IDS_AVAILABLE
        | p::SHARED_AVAILABLE => Form::Byte,
        p::SERVER_KEEP_ALIVE | p::RECEIVE_MAX | p::TOPIC_ALIAS_MAX | p::TOPIC_ALIAS => Form::Two,
        p::MESSAGE_EXPIRY | p::SESSION_EXPIRY | p::WILL_DELAY | p::PACKET_BYTES_MAX => Form::Four,
        p::SUBSCRIPTION_ID => Form::Length,
        p::CORRELATION_DATA | p::AUTH_DATA => Form::Binary,
        p::CONTENT_TYPE
        | p::RESPONSE_TOPIC
        | p::ASSIGNED_CLIENT_ID
        | p::AUTH_METHOD
        | p::RESPONSE_INFO
        | p::SERVER_REFERENCE
        | p::REASON_STRING => Form::Text,
        p::USER => Form::Pair,
        _ => return None,
    })
}

/// Whether subscribers get the property as the publisher has written it (MQTT 5, 3.3.2.3).
/// The expiry is not one: subscribers get what is left of it.
fn is_forwarded(id: u8) -> bool {
    use property as p;
    matches!(
        id,
        p::PAYLOAD_FORMAT | p::CONTENT_TYPE | p::RESPONSE_TOPIC | p::CORRELATION_DATA | p::USER
    )
}

impl Properties {
    /// # Errors
    /// When they are cut short, or one is unknown or has a value that it may not have.
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, Refused> {
        const UNKNOWN: Refused = refused(reason::MALFORMED, "a property is unknown");
        let length = from.length()?;
        let mut reader = Reader(from.take(length)?);
        let (mut found, mut forwarded) = (Self::default(), BytesMut::new());
        while !reader.is_empty() {
            // Where the property begins, so that it can be forwarded as it stands.
            let begin = reader.0;
            // A Variable Byte Integer by the standard, in which all of them are one byte.
            let id = u8::try_from(reader.length()?).map_err(|_| UNKNOWN)?;
            match form(id).ok_or(UNKNOWN)? {
                Form::Byte => {
                    reader.u8()?;
                }
                Form::Two => found.two(id, reader.u16()?)?,
                Form::Four => found.four(id, reader.u32()?),
                Form::Length => found.subscription_id = u32::try_from(reader.length()?).ok(),
                Form::Binary => {
                    reader.binary()?;
                }
                Form::Text => {
                    reader.text()?;
                }
                Form::Pair => {
                    reader.text()?;
                    reader.text()?;
                }
            }
            if is_forwarded(id) {
                forwarded.put_slice(&begin[..begin.len() - reader.0.len()]);
            }
        }
        found.forwarded = forwarded.freeze();
        Ok(found)
    }

    fn two(&mut self, id: u8, value: u16) -> Result<(), Refused> {
        match id {
            property::RECEIVE_MAX if value == 0 => {
                let why = "a client wants to receive nothing";
                return Err(refused(reason::PROTOCOL_ERROR, why));
            }
            property::RECEIVE_MAX => self.receive_max = Some(value),
            property::TOPIC_ALIAS => self.topic_alias = Some(value),
            _ => {}
        }
        Ok(())
    }

    fn four(&mut self, id: u8, value: u32) {
        match id {
            property::MESSAGE_EXPIRY => self.message_expiry_s = Some(value),
            property::SESSION_EXPIRY => self.session_expiry_s = Some(value),
            property::WILL_DELAY => self.will_delay_s = Some(value),
            property::PACKET_BYTES_MAX => self.packet_bytes_max = Some(value),
            _ => {}
        }
    }
}
