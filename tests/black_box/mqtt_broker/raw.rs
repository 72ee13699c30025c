//! MQTT 3.1.1 by hand: a client that can do what proper ones do not.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
}

/// A text or bytes with their length before them.
pub(crate) fn text(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("short enough");
    [&length.to_be_bytes(), text].concat()
}

pub(crate) fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    let mut length = body.len();
    loop {
        let low = u8::try_from(length & 0x7f).expect("7 bits");
        length >>= 7;
        out.push(low | if length > 0 { 0x80 } else { 0 });
        if length == 0 {
            break;
        }
    }
    [out, body.to_vec()].concat()
}

/// With a will, if there is one: topic and payload at QoS 1.
pub(crate) fn connect(client_id: &str, clean: bool, will: Option<(&str, &str)>) -> Vec<u8> {
    let mut flags = u8::from(clean) << 1;
    let mut rest = text(client_id.as_bytes());
    if let Some((topic, payload)) = will {
        flags |= 0b0000_1100;
        rest.extend(text(topic.as_bytes()));
        rest.extend(text(payload.as_bytes()));
    }
    let head = [text(b"MQTT"), vec![4, flags, 0, 60]].concat();
    packet(0x10, &[head, rest].concat())
}

/// `flags` as in the first byte: QoS times two, 1 for retained, 8 for a second time.
pub(crate) fn publish(id: u16, flags: u8, topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut body = text(topic.as_bytes());
    if flags & 6 != 0 {
        body.extend(id.to_be_bytes());
    }
    body.extend(payload);
    packet(0x30 | flags, &body)
}

impl Raw {
    pub(crate) fn open(at: SocketAddr) -> Self {
        let stream = TcpStream::connect(at).expect("it listens");
        let wait = Some(Duration::from_secs(30));
        stream.set_read_timeout(wait).expect("a timeout");
        stream.set_write_timeout(wait).expect("a timeout");
        Self { stream }
    }

    pub(crate) fn new(at: SocketAddr, client_id: &str) -> Self {
        Self::with(at, client_id, true, None).0
    }

    /// And whether the broker knew it.
    pub(crate) fn with(
        at: SocketAddr,
        client_id: &str,
        clean: bool,
        will: Option<(&str, &str)>,
    ) -> (Self, bool) {
        let mut raw = Self::open(at);
        raw.send(&connect(client_id, clean, will));
        let (first, body) = raw.packet();
        assert_eq!((first, body[1]), (0x20, 0), "{body:?}");
        (raw, body[0] == 1)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("it reads");
    }

    pub(crate) fn publish(&mut self, id: u16, flags: u8, topic: &str, payload: &[u8]) {
        self.send(&publish(id, flags, topic, payload));
    }

    /// The code that answers it.
    pub(crate) fn subscribe(&mut self, filter: &str, qos: u8) -> u8 {
        let body = [&[0, 1][..], &text(filter.as_bytes()), &[qos]].concat();
        self.send(&packet(0x82, &body));
        let (first, body) = self.packet();
        assert_eq!((first, body.len()), (0x90, 3));
        body[2]
    }

    pub(crate) fn packet(&mut self) -> (u8, Vec<u8>) {
        self.try_packet().expect("a packet")
    }

    pub(crate) fn try_packet(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let mut byte = [0];
        self.stream.read_exact(&mut byte)?;
        let first = byte[0];
        let (mut length, mut shift) = (0, 0);
        loop {
            self.stream.read_exact(&mut byte)?;
            length |= usize::from(byte[0] & 0x7f) << shift;
            shift += 7;
            if byte[0] & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((first, body))
    }

    /// The id of the message that is acknowledged next.
    pub(crate) fn acknowledged(&mut self) -> std::io::Result<u16> {
        let (first, body) = self.try_packet()?;
        assert_eq!((first, body.len()), (0x40, 2));
        Ok(u16::from_be_bytes([body[0], body[1]]))
    }

    /// Whether the other side has hung up, whatever it said before.
    pub(crate) fn hangs_up(mut self) -> bool {
        let mut rest = [0; 4096];
        loop {
            match self.stream.read(&mut rest) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() == ErrorKind::ConnectionReset,
            }
        }
    }
}
