//! Reads the parts of a packet. Every length is checked against what is there.

use bytes::Bytes;

use super::packet::{Refused, reason, refused};

const CUT_SHORT: Refused = refused(reason::MALFORMED, "a packet is cut short");

pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'b [u8], Refused> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CUT_SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Refused> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16, Refused> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Refused> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// Of variable length.
    pub(super) fn length(&mut self) -> Result<usize, Refused> {
        match length(self.0)? {
            Some((value, used)) => {
                self.take(used)?;
                Ok(value)
            }
            None => Err(CUT_SHORT),
        }
    }

    pub(super) fn binary(&mut self) -> Result<&'b [u8], Refused> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    pub(super) fn text(&mut self) -> Result<&'b str, Refused> {
        let bytes = self.binary()?;
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|_| refused(reason::MALFORMED, "text is no UTF-8"))?;
        if text.contains('\0') {
            return Err(refused(reason::MALFORMED, "text has a zero in it"));
        }
        Ok(text)
    }

    /// An identifier of a packet, which is never 0.
    pub(super) fn id(&mut self) -> Result<u16, Refused> {
        match self.u16()? {
            0 => Err(refused(reason::PROTOCOL_ERROR, "a packet has the id 0")),
            id => Ok(id),
        }
    }

    pub(super) fn rest(&mut self) -> Bytes {
        Bytes::copy_from_slice(std::mem::take(&mut self.0))
    }
}

/// A length of one to four bytes and how many they are; nothing when some are missing.
pub(super) fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, Refused> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((value, at + 1)));
        }
    }
    match bytes.len() < 4 {
        true => Ok(None),
        false => Err(refused(reason::MALFORMED, "a length has no end")),
    }
}
