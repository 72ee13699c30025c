//! From bytes to packets. Nothing that a client sends is believed.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::packet::{
    Connect, Incoming, Message, Qos, Refused, SubscriptionOptions, Version, Will, kind, reason,
    refused,
};
use crate::properties::Properties;
use crate::reader::{self, Reader};
use crate::topic;

/// No packet of a reasonable client comes near it; the limit of one client's subscriptions is
/// another, and lower.
const FILTERS_MAX: usize = 1_024;
const TOO_MANY_FILTERS: Refused = refused(reason::QUOTA, "a packet names too many filters");
const NO_FILTER: Refused = refused(reason::PROTOCOL_ERROR, "a packet names no filter");

/// One packet, as it was cut out of the stream.
#[derive(Debug)]
pub(crate) struct Frame {
    first: u8,
    body: Bytes,
}

/// The length of the next packet with its head, and that of its head; `None` when more bytes
/// are needed to tell.
///
/// # Errors
/// When the packet is larger than `max`, or its length has no end.
pub(crate) fn frame(bytes: &[u8], max: usize) -> Result<Option<(usize, usize)>, Refused> {
    let Some((_, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let Some((length, used)) = reader::length(rest)? else {
        return Ok(None);
    };
    // Before a byte of it is waited for: a client cannot make the broker reserve memory by
    // announcing a large packet.
    if length > max {
        return Err(refused(reason::TOO_LARGE, "a packet is too large"));
    }
    Ok(Some((1 + used + length, 1 + used)))
}

impl Frame {
    /// `bytes` is exactly one packet.
    pub(crate) fn new(mut bytes: Bytes, head: usize) -> Self {
        let first = bytes.first().copied().unwrap_or_default();
        Self {
            first,
            body: bytes.split_off(head.min(bytes.len())),
        }
    }

    /// What it has taken of the line.
    pub(crate) fn bytes(&self) -> usize {
        // The head has two bytes or, where it does not matter, a few more.
        self.body.len() + 2
    }

    /// Whether the client says goodbye with it.
    pub(crate) fn is_disconnect(&self) -> bool {
        self.kind() == kind::DISCONNECT
    }

    /// Whether it answers a message that the client was sent.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.kind(), kind::PUBACK | kind::PUBREC | kind::PUBCOMP)
    }

    fn kind(&self) -> u8 {
        self.first >> 4
    }

    /// Reads it as a connection's first packet.
    ///
    /// # Errors
    /// When it is no CONNECT, or a wrong one.
    pub(crate) fn connect(&self) -> Result<Connect, Refused> {
        // All of the byte: a CONNECT has no flags (MQTT 5, 2.1.3).
        if self.first != kind::CONNECT << 4 {
            return Err(refused(
                reason::PROTOCOL_ERROR,
                "the first packet is no CONNECT",
            ));
        }
        connect(&mut Reader(&self.body))
    }

    /// Reads it as any packet but the first.
    ///
    /// # Errors
    /// When a client may not send it, or not like this.
    pub(crate) fn read(&self, version: Version) -> Result<Incoming, Refused> {
        let mut reader = Reader(&self.body);
        let (kind, flags) = (self.kind(), self.first & 0x0f);
        // MQTT 5, table 2-2: those of a PUBLISH mean something, all others are fixed.
        let flags_wanted = match kind {
            kind::PUBLISH => flags,
            kind::PUBREL | kind::SUBSCRIBE | kind::UNSUBSCRIBE => 2,
            _ => 0,
        };
        if flags != flags_wanted {
            return Err(refused(reason::MALFORMED, "a packet has wrong flags"));
        }
        match kind {
            kind::PUBLISH => publish(&mut reader, flags, version),
            kind::PUBACK => Ok(Incoming::PubAck(reader.id()?)),
            kind::PUBREC => {
                let id = reader.id()?;
                // Without a reason code it is a success (MQTT 5, 3.5.2.1).
                let goes_on = reader.is_empty() || !reason::is_failure(reader.u8()?);
                Ok(Incoming::PubRec(id, goes_on))
            }
            kind::PUBREL => Ok(Incoming::PubRel(reader.id()?)),
            kind::PUBCOMP => Ok(Incoming::PubComp(reader.id()?)),
            kind::SUBSCRIBE => subscribe(&mut reader, version),
            kind::UNSUBSCRIBE => unsubscribe(&mut reader, version),
            kind::PINGREQ => Ok(Incoming::Ping),
            kind::DISCONNECT => disconnect(&mut reader, version),
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
    // MQTT 5, 3.1.2.3 to 3.1.2.9, from bit 7 down: user, password, will retain, will QoS (two
    // bits), will, clean, reserved.
    let has = |bit: u8| flags & (1 << bit) != 0;
    if has(0) || (!has(2) && flags & 0b0011_1000 != 0) {
        return Err(refused(reason::MALFORMED, "a CONNECT has wrong flags"));
    }
    let keep_alive_s = reader.u16()?;
    let properties = properties(reader, version)?;
    let client_id = reader.text()?.to_owned();
    // The fields have to be read in this order, whichever of them there are.
    let will = has(2).then(|| will(reader, flags, version)).transpose()?;
    let user = has(7).then(|| reader.text()).transpose()?;
    let password = has(6).then(|| reader.binary()).transpose()?;
    Ok(Connect {
        version,
        client_id,
        clean: has(1),
        keep_alive_s,
        expiry_s: properties.session_expiry_s,
        receive_max: properties.receive_max.unwrap_or(u16::MAX),
        packet_bytes_max: properties.packet_bytes_max.unwrap_or(u32::MAX),
        will,
        user: user.map(str::to_owned),
        password: password.map(Bytes::copy_from_slice),
    })
}

fn will(reader: &mut Reader<'_>, flags: u8, version: Version) -> Result<Will, Refused> {
    let properties = properties(reader, version)?;
    let topic = topic::name(reader.text()?)?.into();
    let message = Message {
        topic,
        payload: Bytes::copy_from_slice(reader.binary()?),
        // The will's part of the CONNECT flags.
        qos: qos((flags >> 3) & 3)?,
        retain: flags & 0x20 != 0,
        expires: expires(&properties),
        properties: properties.forwarded,
    };
    Ok(Will {
        message: Arc::new(message),
        delay_s: properties.will_delay_s.unwrap_or_default(),
    })
}

fn publish(reader: &mut Reader<'_>, flags: u8, version: Version) -> Result<Incoming, Refused> {
    let qos = qos((flags >> 1) & 3)?;
    // A topic may be left out only where there is an alias, and this broker allows none.
    let topic = topic::name(reader.text()?)?.into();
    let id = match qos {
        Qos::AtMostOnce => 0,
        _ => reader.id()?,
    };
    let properties = properties(reader, version)?;
    if properties.topic_alias.is_some() {
        return Err(refused(reason::TOPIC_ALIAS, "a topic has an alias"));
    }
    if properties.subscription_id.is_some() {
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
        properties: properties.forwarded,
    };
    Ok(Incoming::Publish { id, message })
}

fn subscribe(reader: &mut Reader<'_>, version: Version) -> Result<Incoming, Refused> {
    let id = reader.id()?;
    let subscription_id = properties(reader, version)?.subscription_id;
    if subscription_id == Some(0) {
        return Err(refused(
            reason::PROTOCOL_ERROR,
            "a subscription has the number 0",
        ));
    }
    let mut filters = Vec::new();
    while !reader.is_empty() {
        let filter = reader.text()?.to_owned();
        let options = reader.u8()?;
        // Reserved bits; in version 3.1.1 all but the QoS are.
        let reserved = match version {
            Version::V4 => 0b1111_1100,
            Version::V5 => 0b1100_0000,
        };
        if options & reserved != 0 || options >> 4 == 3 {
            return Err(refused(reason::MALFORMED, "a filter has wrong options"));
        }
        if filters.len() >= FILTERS_MAX {
            return Err(TOO_MANY_FILTERS);
        }
        let options = SubscriptionOptions {
            qos: qos(options & 3)?,
            no_local: options & 4 != 0,
            retain_as_published: options & 8 != 0,
            retain_handling: (options >> 4) & 3,
        };
        filters.push((filter, options));
    }
    if filters.is_empty() {
        return Err(NO_FILTER);
    }
    Ok(Incoming::Subscribe {
        id,
        subscription_id,
        filters,
    })
}

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
    if filters.is_empty() {
        return Err(NO_FILTER);
    }
    Ok(Incoming::Unsubscribe { id, filters })
}

fn disconnect(reader: &mut Reader<'_>, version: Version) -> Result<Incoming, Refused> {
    // Both may be left out from the end (MQTT 5, 3.14.2); in version 3.1.1 there are none.
    let reason = if reader.is_empty() {
        reason::OK
    } else {
        reader.u8()?
    };
    let properties = if reader.is_empty() {
        Properties::default()
    } else {
        properties(reader, version)?
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

/// Counted from the receipt on: the publisher's clock is not known.
fn expires(properties: &Properties) -> Option<Instant> {
    let seconds = properties.message_expiry_s?;
    Instant::now().checked_add(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests;
