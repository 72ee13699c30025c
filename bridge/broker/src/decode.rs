//! From bytes to packets. Nothing that a client sends is believed.

mod acknowledgement;
mod connect;
mod filters;
mod publish;

use bytes::Bytes;

use crate::packet::{Connect, Incoming, Refused, Version, kind, reason, refused};
use crate::reader::{self, Reader};

/// One packet, as it was cut out of the stream.
#[derive(Debug)]
pub(crate) struct Frame {
    first: u8,
    /// Its length is written with more bytes than it takes.
    is_padded: bool,
    body: Bytes,
}

/// The length of the next packet with its head, and that of its head; `None` when more bytes
/// are needed to tell.
///
/// # Errors
/// When the packet is larger than `max`, or its length has no end.
pub(crate) fn frame(bytes: &[u8], max: usize) -> Result<Option<(usize, usize)>, Refused> {
    let Some((first, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    // Also before the rest is waited for: what begins like this is never going to be a packet.
    check_first(*first)?;
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

/// Type and flags of a packet (MQTT 5, 2.1.2 and 2.1.3).
fn check_first(first: u8) -> Result<(), Refused> {
    let (kind, flags) = (first >> 4, first & 0x0f);
    // Those of a PUBLISH mean something, all others are fixed.
    let wanted = match kind {
        kind::PUBLISH => flags,
        kind::PUBREL | kind::SUBSCRIBE | kind::UNSUBSCRIBE => 2,
        _ => 0,
    };
    if kind == 0 || flags != wanted {
        return Err(refused(reason::MALFORMED, "a packet has wrong flags"));
    }
    Ok(())
}

impl Frame {
    /// `bytes` is exactly one packet.
    pub(crate) fn new(mut bytes: Bytes, head: usize) -> Self {
        let first = bytes.first().copied().unwrap_or_default();
        let last_of_length = bytes.get(head.saturating_sub(1));
        Self {
            first,
            is_padded: head > 2 && last_of_length == Some(&0),
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
        if self.kind() != kind::CONNECT {
            return Err(refused(
                reason::PROTOCOL_ERROR,
                "the first packet is no CONNECT",
            ));
        }
        let mut reader = Reader(&self.body);
        let connect = connect::connect(&mut reader)?;
        self.check_end(&reader, connect.version)?;
        Ok(connect)
    }

    /// The version of a CONNECT that may be wrong in everything else; `None` where it is wrong
    /// in that already.
    pub(crate) fn version(&self) -> Option<Version> {
        let mut reader = Reader(&self.body);
        let is_connect = self.kind() == kind::CONNECT;
        is_connect.then(|| connect::version(&mut reader).ok())?
    }

    /// Reads it as any packet but the first.
    ///
    /// # Errors
    /// When a client may not send it, or not like this.
    pub(crate) fn read(&self, version: Version) -> Result<Incoming, Refused> {
        let mut reader = Reader(&self.body);
        let packet = match self.kind() {
            kind::PUBLISH => publish::publish(&mut reader, self.first & 0x0f, version),
            kind @ (kind::PUBACK | kind::PUBREC | kind::PUBREL | kind::PUBCOMP) => {
                acknowledgement::acknowledgement(kind, &mut reader, version)
            }
            kind::SUBSCRIBE => filters::subscribe(&mut reader, version),
            kind::UNSUBSCRIBE => filters::unsubscribe(&mut reader, version),
            kind::PINGREQ => Ok(Incoming::Ping),
            kind::DISCONNECT => acknowledgement::disconnect(&mut reader, version),
            // A second CONNECT; AUTH, since no method was agreed on; what only a server sends.
            _ => Err(refused(
                reason::PROTOCOL_ERROR,
                "a packet is not for a broker",
            )),
        }?;
        self.check_end(&reader, version)?;
        Ok(packet)
    }

    /// What has to hold of every packet once it is read.
    fn check_end(&self, reader: &Reader<'_>, version: Version) -> Result<(), Refused> {
        if !reader.is_empty() {
            let why = "a packet has more than belongs to it";
            return Err(refused(reason::MALFORMED, why));
        }
        // A rule of version 5 alone (1.5.5), and the version is not known before.
        if version == Version::V5 && self.is_padded {
            return Err(reader::PADDED);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
