//! As little of an MQTT client as there can be (version 3.1.1), so that what is measured is the
//! broker: messages are encoded once, and what comes in is looked at where it lies.

use anyhow::{Context as _, bail, ensure};
use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::broker::Login;

/// Longer than any run.
const KEEP_ALIVE_S: u16 = u16::MAX;
const READ_BYTES: usize = 64 << 10;
// Packet types with their flags (MQTT 3.1.1, 2.2).
const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;
const PUBLISH: u8 = 0x30;
const PUBACK: u8 = 0x40;
const SUBSCRIBE: u8 = 0x82;
const SUBACK: u8 = 0x90;
const QOS_1: u8 = 0x02;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Qos {
    AtMostOnce,
    AtLeastOnce,
}

pub(super) struct Client {
    reader: Reader,
    writer: Writer,
}

pub(super) struct Reader {
    stream: OwnedReadHalf,
    input: BytesMut,
}

pub(super) struct Writer(OwnedWriteHalf);

/// A message that has come.
pub(super) struct Message {
    pub(super) publisher: u16,
    /// With which it is acknowledged, at QoS 1.
    pub(super) id: Option<[u8; 2]>,
}

/// PUBACKs that are sent together.
#[derive(Default)]
pub(super) struct Acknowledgements(Vec<u8>);

struct Packet {
    first: u8,
    body: BytesMut,
}

impl Client {
    pub(super) async fn connect(
        host: &str,
        port: u16,
        name: &str,
        login: &Login,
    ) -> anyhow::Result<Self> {
        let stream = TcpStream::connect((host, port)).await;
        let stream = stream.context("no MQTT broker answers; --mqtt names another")?;
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        let mut client = Self {
            reader: Reader {
                stream: reader,
                input: BytesMut::new(),
            },
            writer: Writer(writer),
        };
        client.writer.write(&connect(name, login)).await?;
        let answer = client.reader.packet().await?;
        let code = answer.body.get(1).copied();
        ensure!(
            answer.first == CONNACK && code == Some(0),
            "the MQTT broker refuses us ({code:?}); --mqtt-user and --mqtt-password say who we are"
        );
        Ok(client)
    }

    pub(super) async fn subscribe(&mut self, filter: &str, qos: Qos) -> anyhow::Result<()> {
        let mut body = vec![0, 1];
        append_text(&mut body, filter.as_bytes());
        body.push(u8::from(qos == Qos::AtLeastOnce));
        self.writer.write(&packet(SUBSCRIBE, &body)).await?;
        let answer = self.reader.packet().await?;
        let granted = answer.body.get(2).copied();
        let is_granted = answer.first == SUBACK && granted.is_some_and(|code| code < 0x80);
        ensure!(
            is_granted,
            "the broker refuses the subscription to {filter}"
        );
        Ok(())
    }

    pub(super) fn split(self) -> (Reader, Writer) {
        (self.reader, self.writer)
    }
}

impl Writer {
    pub(super) async fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.0
            .write_all(bytes)
            .await
            .context("the broker has closed the connection")
    }
}

impl Reader {
    /// Receives at least one byte more.
    pub(super) async fn fill(&mut self) -> anyhow::Result<()> {
        self.input.reserve(READ_BYTES);
        let count = self.stream.read_buf(&mut self.input).await?;
        ensure!(count > 0, "the broker has closed the connection");
        Ok(())
    }

    /// Receives without looking at what comes; ends with the connection.
    pub(super) async fn skip(&mut self) -> anyhow::Result<()> {
        loop {
            self.input.clear();
            self.fill().await?;
        }
    }

    async fn packet(&mut self) -> anyhow::Result<Packet> {
        loop {
            if let Some(packet) = self.cut()? {
                return Ok(packet);
            }
            self.fill().await?;
        }
    }

    /// The next message that was received whole.
    pub(super) fn message(&mut self, qos: Qos) -> anyhow::Result<Option<Message>> {
        while let Some(Packet { first, mut body }) = self.cut()? {
            if first & 0xf0 != PUBLISH {
                continue;
            }
            ensure!(body.len() >= 2, "a message without a topic");
            let topic = usize::from(body.get_u16());
            let is_acknowledged = qos == Qos::AtLeastOnce && first & 0x06 == QOS_1;
            let head = topic + if is_acknowledged { 2 } else { 0 };
            ensure!(body.len() >= head + 2, "a message without its publisher");
            body.advance(topic);
            let id = is_acknowledged.then(|| body.get_u16().to_be_bytes());
            let publisher = body.get_u16();
            return Ok(Some(Message { publisher, id }));
        }
        Ok(None)
    }

    fn cut(&mut self) -> anyhow::Result<Option<Packet>> {
        let Some((length, head)) = remaining_length(&self.input)? else {
            return Ok(None);
        };
        if self.input.len() < head + length {
            return Ok(None);
        }
        let mut body = self.input.split_to(head + length);
        let first = body[0];
        body.advance(head);
        Ok(Some(Packet { first, body }))
    }
}

impl Acknowledgements {
    pub(super) fn add(&mut self, id: Option<[u8; 2]>) {
        if let Some([high, low]) = id {
            self.0.extend([PUBACK, 2, high, low]);
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// A message for [`append`]; at QoS 1 with room for its number.
pub(super) fn publish(topic: &str, payload: &[u8], qos: Qos) -> Vec<u8> {
    let mut body = Vec::new();
    append_text(&mut body, topic.as_bytes());
    let first = match qos {
        Qos::AtMostOnce => PUBLISH,
        Qos::AtLeastOnce => {
            body.extend([0, 0]);
            PUBLISH | QOS_1
        }
    };
    body.extend(payload);
    packet(first, &body)
}

/// Appends a message, at QoS 1 with its number.
pub(super) fn append(out: &mut Vec<u8>, message: &[u8], qos: Qos, id: u16) {
    let begin = out.len();
    out.extend(message);
    if qos == Qos::AtLeastOnce {
        let message = &mut out[begin..];
        let head = 1
            + message[1..]
                .iter()
                .take_while(|byte| **byte & 0x80 != 0)
                .count()
            + 1;
        let topic = usize::from(u16::from_be_bytes([message[head], message[head + 1]]));
        let at = head + 2 + topic;
        message[at..at + 2].copy_from_slice(&id.to_be_bytes());
    }
}

fn connect(name: &str, login: &Login) -> Vec<u8> {
    let mut body = Vec::new();
    append_text(&mut body, b"MQTT");
    // A clean session, and whether there are a user and a password (MQTT 3.1.1, 3.1.2.3).
    let flags = match (&login.user, &login.password) {
        (None, _) => 0x02,
        (Some(_), None) => 0x82,
        (Some(_), Some(_)) => 0xc2,
    };
    body.extend([4, flags]);
    body.extend(KEEP_ALIVE_S.to_be_bytes());
    append_text(&mut body, name.as_bytes());
    if let Some(user) = &login.user {
        append_text(&mut body, user.as_bytes());
        if let Some(password) = &login.password {
            append_text(&mut body, password.as_bytes());
        }
    }
    packet(CONNECT, &body)
}

fn append_text(out: &mut Vec<u8>, text: &[u8]) {
    // The broker has no use for more anyway.
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend(length.to_be_bytes());
    out.extend(&text[..length.into()]);
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    let mut length = body.len();
    loop {
        // Seven bits, so that it fits.
        let low = (length & 0x7f) as u8;
        length >>= 7;
        out.push(low | if length > 0 { 0x80 } else { 0 });
        if length == 0 {
            break;
        }
    }
    out.extend(body);
    out
}

/// The length of a packet's body, and of what is before it; `None` while that is not known.
fn remaining_length(input: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let mut length = 0;
    for (at, byte) in input.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(Some((length, at + 2)));
        }
    }
    if input.len() >= 5 {
        bail!("the broker sends what is no MQTT");
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_gets_its_number() {
        for payload in [10, 200] {
            let message = publish("a/b", &vec![7; payload], Qos::AtLeastOnce);
            let mut out = Vec::new();
            append(&mut out, &message, Qos::AtLeastOnce, 0x1234);
            let (length, head) = remaining_length(&out).expect("MQTT").expect("whole");
            assert_eq!(head + length, out.len());
            assert_eq!(&out[head..head + 7], b"\x00\x03a/b\x12\x34");
            assert!(out[head + 7..].iter().all(|byte| *byte == 7));
        }
        assert!(remaining_length(&[0x30, 0xff, 0xff, 0xff, 0xff]).is_err());
        assert!(matches!(remaining_length(&[0x30, 0x80]), Ok(None)));
    }
}
