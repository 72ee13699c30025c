//! From bytes to packets. Nothing that a client sends is believed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::packet::{
    Connect, Incoming, Message, Qos, Refused, Version, Will, Wish, reason, refused,
};
use super::properties::Properties;
use super::reader::{self, Reader};
use super::topic;

const CONNECT: u8 = 1;

/// One packet, as it is cut out of the stream.
#[derive(Debug)]
pub(super) struct Frame {
    first: u8,
    body: Bytes,
}

/// The length of the next packet with its head, and that of its head; nothing when more
/// bytes are needed to tell.
pub(super) fn frame(bytes: &[u8], max: usize) -> Result<Option<(usize, usize)>, Refused> {
    let Some((_, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let Some((length, used)) = reader::length(rest)? else {
        return Ok(None);
    };
    if length > max {
        return Err(refused(reason::TOO_LARGE, "a packet is too large"));
    }
    Ok(Some((1 + used + length, 1 + used)))
}

impl Frame {
    /// `bytes` is exactly one packet.
    pub(super) fn new(mut bytes: Bytes, head: usize) -> Self {
        let first = bytes.first().copied().unwrap_or_default();
        Self {
            first,
            body: bytes.split_off(head.min(bytes.len())),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.body.len() + 2
    }

    /// Whether it answers a message that the client was sent.
    pub(super) fn answers(&self) -> bool {
        matches!(self.first >> 4, 4 | 5 | 7)
    }

    pub(super) fn connect(&self) -> Result<Connect, Refused> {
        if self.first != CONNECT << 4 {
            return Err(refused(
                reason::PROTOCOL_ERROR,
                "the first packet is no CONNECT",
            ));
        }
        connect(&mut Reader(&self.body))
    }

    pub(super) fn read(&self, version: Version) -> Result<Incoming, Refused> {
        let mut reader = Reader(&self.body);
        let (kind, flags) = (self.first >> 4, self.first & 0x0f);
        let flags_wanted = match kind {
            3 => flags,
            6 | 8 | 10 => 2,
            _ => 0,
        };
        if flags != flags_wanted {
            return Err(refused(reason::MALFORMED, "a packet has wrong flags"));
        }
        match kind {
            3 => publish(&mut reader, flags, version),
            4 => Ok(Incoming::PubAck(reader.id()?)),
            5 => {
                let id = reader.id()?;
                let goes_on = reader.is_empty() || reader.u8()? < 0x80;
                Ok(Incoming::PubRec(id, goes_on))
            }
            6 => Ok(Incoming::PubRel(reader.id()?)),
            7 => Ok(Incoming::PubComp(reader.id()?)),
            8 => subscribe(&mut reader, version),
            10 => unsubscribe(&mut reader, version),
            12 => Ok(Incoming::Ping),
            14 => disconnect(&mut reader, version),
            _ => Err(refused(
                reason::PROTOCOL_ERROR,
                "a packet is not for a broker",
            )),
        }
    }
}

fn connect(reader: &mut Reader<'_>) -> Result<Connect, Refused> {
    let unsupported = refused(reason::UNSUPPORTED_VERSION, "neither MQTT 3.1.1 nor 5");
    if reader.binary()? != b"MQTT" {
        return Err(unsupported);
    }
    let version = match reader.u8()? {
        4 => Version::V4,
        5 => Version::V5,
        _ => return Err(unsupported),
    };
    let flags = reader.u8()?;
    let has = |bit: u8| flags & (1 << bit) != 0;
    if has(0) || (!has(2) && flags & 0b0011_1000 != 0) {
        return Err(refused(reason::MALFORMED, "a CONNECT has wrong flags"));
    }
    let keep_alive_s = reader.u16()?;
    let properties = properties(reader, version)?;
    let client_id = reader.text()?.to_owned();
    let will = match has(2) {
        true => Some(will(reader, flags, version)?),
        false => None,
    };
    let user = match has(7) {
        true => Some(reader.text()?.to_owned()),
        false => None,
    };
    let password = match has(6) {
        true => Some(Bytes::copy_from_slice(reader.binary()?)),
        false => None,
    };
    Ok(Connect {
        version,
        client_id,
        clean: has(1),
        keep_alive_s,
        expiry_s: properties.session_expiry_s,
        receive_max: properties.receive_max.unwrap_or(u16::MAX),
        packet_bytes_max: properties.packet_bytes_max.unwrap_or(u32::MAX),
        will,
        user,
        password,
    })
}

fn will(reader: &mut Reader<'_>, flags: u8, version: Version) -> Result<Will, Refused> {
    let properties = properties(reader, version)?;
    let topic = topic::name(reader.text()?)?.into();
    let message = Message {
        topic,
        payload: Bytes::copy_from_slice(reader.binary()?),
        qos: qos((flags >> 3) & 3)?,
        retain: flags & 0x20 != 0,
        expires: expires(&properties),
        properties: properties.handed_on,
    };
    Ok(Will {
        message: Arc::new(message),
        delay_s: properties.will_delay_s.unwrap_or_default(),
    })
}

fn publish(reader: &mut Reader<'_>, flags: u8, version: Version) -> Result<Incoming, Refused> {
    let qos = qos((flags >> 1) & 3)?;
    // Nobody was told that he may leave the topic out, so it is there.
    let topic = topic::name(reader.text()?)?.into();
    let id = match qos {
        Qos::AtMostOnce => 0,
        _ => reader.id()?,
    };
    let properties = properties(reader, version)?;
    if properties.topic_alias.is_some() {
        return Err(refused(reason::TOPIC_ALIAS, "a topic has an alias"));
    }
    if properties.subscription.is_some() {
        return Err(refused(
            reason::PROTOCOL_ERROR,
            "a publisher names a subscription",
        ));
    }
    let message = Message {
        topic,
        payload: reader.rest(),
        qos,
        retain: flags & 1 != 0,
        expires: expires(&properties),
        properties: properties.handed_on,
    };
    Ok(Incoming::Publish { id, message })
}

fn subscribe(reader: &mut Reader<'_>, version: Version) -> Result<Incoming, Refused> {
    let id = reader.id()?;
    let number = properties(reader, version)?.subscription;
    if number == Some(0) {
        return Err(refused(
            reason::PROTOCOL_ERROR,
            "a subscription has the number 0",
        ));
    }
    let mut filters = Vec::new();
    while !reader.is_empty() {
        let filter = reader.text()?.to_owned();
        let options = reader.u8()?;
        let unknown = match version {
            Version::V4 => 0b1111_1100,
            Version::V5 => 0b1100_0000,
        };
        if options & unknown != 0 || options >> 4 == 3 {
            return Err(refused(reason::MALFORMED, "a filter has wrong options"));
        }
        if filters.len() >= FILTERS_MAX {
            return Err(TOO_MANY_FILTERS);
        }
        let wish = Wish {
            qos: qos(options & 3)?,
            no_local: options & 4 != 0,
            as_published: options & 8 != 0,
            retained: (options >> 4) & 3,
        };
        filters.push((filter, wish));
    }
    match filters.is_empty() {
        true => Err(NO_FILTER),
        false => Ok(Incoming::Subscribe {
            id,
            number,
            filters,
        }),
    }
}

/// Of one packet.
const FILTERS_MAX: usize = 256;
const TOO_MANY_FILTERS: Refused = refused(reason::QUOTA, "a packet names too many filters");
const NO_FILTER: Refused = refused(reason::PROTOCOL_ERROR, "a packet names no filter");

fn unsubscribe(reader: &mut Reader<'_>, version: Version) -> Result<Incoming, Refused> {
    let id = reader.id()?;
    properties(reader, version)?;
    let mut filters = Vec::new();
    while !reader.is_empty() {
        filters.push(reader.text()?.to_owned());
        if filters.len() > FILTERS_MAX {
            return Err(TOO_MANY_FILTERS);
        }
    }
    match filters.is_empty() {
        true => Err(NO_FILTER),
        false => Ok(Incoming::Unsubscribe { id, filters }),
    }
}

fn disconnect(reader: &mut Reader<'_>, version: Version) -> Result<Incoming, Refused> {
    let reason = match reader.is_empty() {
        true => reason::OK,
        false => reader.u8()?,
    };
    let properties = match reader.is_empty() {
        true => Properties::default(),
        false => properties(reader, version)?,
    };
    Ok(Incoming::Disconnect {
        reason,
        expiry_s: properties.session_expiry_s,
    })
}

fn properties(reader: &mut Reader<'_>, version: Version) -> Result<Properties, Refused> {
    match version {
        Version::V4 => Ok(Properties::default()),
        Version::V5 => Properties::read(reader),
    }
}

fn qos(bits: u8) -> Result<Qos, Refused> {
    Qos::of(bits).ok_or(refused(
        reason::MALFORMED,
        "there is no such quality of service",
    ))
}

fn expires(properties: &Properties) -> Option<Instant> {
    let seconds = properties.message_expiry_s?;
    Instant::now().checked_add(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests;
