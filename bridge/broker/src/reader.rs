//! Reads the parts of a packet. Every length is checked against what is there.

use bytes::Bytes;

use crate::packet::{Refused, reason, refused};

const CUT_SHORT: Refused = refused(reason::MALFORMED, "a packet is cut short");
pub(crate) const PADDED: Refused = refused(reason::MALFORMED, "a length has bytes too many");

/// The rest of a packet, or of a part of it.
pub(crate) struct Reader<'b>(pub(crate) &'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'b [u8], Refused> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CUT_SHORT)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Refused> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Refused> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Refused> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A Variable Byte Integer inside a packet, which has the fewest bytes that it can have
    /// (MQTT 5, 1.5.5).
    pub(crate) fn length(&mut self) -> Result<usize, Refused> {
        let (value, used) = length(self.0)?.ok_or(CUT_SHORT)?;
        let bytes = self.take(used)?;
        if used > 1 && bytes.ends_with(&[0]) {
            return Err(PADDED);
        }
        Ok(value)
    }

    pub(crate) fn binary(&mut self) -> Result<&'b [u8], Refused> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, Refused> {
        let bytes = self.binary()?;
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|_| refused(reason::MALFORMED, "text is no UTF-8"))?;
        // A protocol error by both versions (1.5.4): in C, the text would end there.
        if text.contains('\0') {
            return Err(refused(reason::MALFORMED, "text has a zero in it"));
        }
        Ok(text)
    }

    /// An identifier of a packet, which is never 0.
    pub(crate) fn id(&mut self) -> Result<u16, Refused> {
        match self.u16()? {
            0 => Err(refused(reason::PROTOCOL_ERROR, "a packet has the id 0")),
            id => Ok(id),
        }
    }

    pub(crate) fn rest(&mut self) -> Bytes {
        // Copied: a slice of the input buffer would hold all of that for as long as the
        // message lives, which for a retained one is long.
        Bytes::copy_from_slice(std::mem::take(&mut self.0))
    }
}

/// A Variable Byte Integer of one to four bytes, and how many they are; `None` when some are
/// still missing.
///
/// # Errors
/// When the fourth byte says that there is a fifth.
pub(crate) fn length(bytes: &[u8]) -> Result<Option<(usize, usize)>, Refused> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((value, at + 1)));
        }
    }
    if bytes.len() < 4 {
        return Ok(None);
    }
    Err(refused(reason::MALFORMED, "a length has no end"))
}
