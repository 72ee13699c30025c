//! Where a packet's parts are written to: into bytes, or only counted.

use bytes::{BufMut as _, BytesMut};

pub(super) trait Writer {
    fn bytes(&mut self, bytes: &[u8]);

    fn u8(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        // All texts here have come in packets, or are made by the broker and short.
        debug_assert!(text.len() <= usize::from(u16::MAX));
        self.u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
        self.bytes(text.as_bytes());
    }

    /// As a Variable Byte Integer (MQTT 5, 1.5.5): seven bits a byte, the lowest first.
    fn length(&mut self, mut length: usize) {
        loop {
            let low = (length & 0x7f) as u8;
            length >>= 7;
            if length == 0 {
                return self.u8(low);
            }
            self.u8(low | 0x80);
        }
    }
}

impl Writer for BytesMut {
    fn bytes(&mut self, bytes: &[u8]) {
        self.put_slice(bytes);
    }
}

/// How long it would be.
#[derive(Default)]
pub(super) struct Count(pub(super) usize);

impl Writer for Count {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

/// How many bytes a Variable Byte Integer takes.
pub(super) fn length_of(length: usize) -> usize {
    let mut count = Count::default();
    count.length(length);
    count.0
}
