//! A client by hand, of either version.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than anything here takes; a test that fails shall end.
const WAIT: Duration = Duration::from_secs(20);

/// "Not authorized", and "success".
pub(crate) const DENIED: u8 = 0x87;
pub(crate) const OK: u8 = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V4,
    V5,
}

/// What a client says of itself.
#[derive(Clone, Copy)]
pub(crate) struct Hello<'a> {
    pub(crate) version: Version,
    pub(crate) id: &'a str,
    pub(crate) clean: bool,
    pub(crate) user: &'a str,
    pub(crate) password: Option<&'a str>,
    /// The topic of its will.
    pub(crate) will: Option<&'a str>,
}

pub(crate) struct Client {
    stream: TcpStream,
    version: Version,
}

/// Topic and payload.
pub(crate) type Heard = (String, String);

impl<'a> Hello<'a> {
    /// With a token; without one where it is empty.
    pub(crate) fn new(version: Version, id: &'a str, token: &'a str) -> Self {
        Self {
            version,
            id,
            clean: true,
            user: "whoever",
            password: Some(token).filter(|token| !token.is_empty()),
            will: None,
        }
    }
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("short enough");
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

impl Client {
    /// The code of the answer, and the client.
    pub(crate) async fn connect(at: SocketAddr, hello: Hello<'_>) -> (u8, bool, Self) {
        let stream = TcpStream::connect(at).await.expect("it listens");
        stream.set_nodelay(true).expect("an option");
        let version = hello.version;
        let mut client = Self { stream, version };
        let no_properties: &[u8] = client.if_v5(&[0]);
        let mut flags = u8::from(hello.clean) << 1;
        let mut rest = text(hello.id);
        if let Some(topic) = hello.will {
            flags |= 0b0000_1100;
            rest.extend([no_properties, &text(topic), &text("will")].concat());
        }
        flags |= 0b1000_0000;
        rest.extend(text(hello.user));
        if let Some(password) = hello.password {
            flags |= 0b0100_0000;
            rest.extend(text(password));
        }
        let (level, expiry): (u8, &[u8]) = match version {
            Version::V4 => (4, &[]),
            // A session that outlives the connection, where it is not a clean one.
            Version::V5 if hello.clean => (5, &[0]),
            Version::V5 => (5, &[5, 0x11, 0, 0, 0, 100]),
        };
        let head = [&text("MQTT")[..], &[level, flags, 0, 60], expiry].concat();
        client.send(0x10, &[head, rest].concat()).await;
        let (first, body) = client.packet().await;
        assert_eq!(first, 0x20);
        (body[1], body[0] == 1, client)
    }

    pub(crate) async fn admitted(at: SocketAddr, hello: Hello<'_>) -> Self {
        let (code, _, client) = Self::connect(at, hello).await;
        assert_eq!(code, OK, "{}", hello.id);
        client
    }

    fn if_v5<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        match self.version {
            Version::V4 => &[],
            Version::V5 => bytes,
        }
    }

    async fn send(&mut self, first: u8, body: &[u8]) {
        let (low, high) = (body.len() % 128, body.len() / 128);
        let low = u8::try_from(low).expect("less than 128");
        let length = match u8::try_from(high).expect("less than 16 KiB") {
            0 => vec![low],
            high => vec![low | 0x80, high],
        };
        let packet = [&[first], &length[..], body].concat();
        self.stream.write_all(&packet).await.expect("it reads");
    }

    async fn packet(&mut self) -> (u8, Vec<u8>) {
        let read = async {
            let first = self.stream.read_u8().await?;
            let (mut length, mut shift) = (0, 0);
            loop {
                let byte = self.stream.read_u8().await?;
                length |= usize::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).await?;
            Ok::<_, std::io::Error>((first, body))
        };
        let packet = timeout(WAIT, read).await.expect("a packet in time");
        packet.expect("a packet")
    }

    /// Publishes, and goes through the whole exchange; the code of the answer, where the version
    /// has one. At QoS 0 it returns when the broker has handled it.
    pub(crate) async fn publish(
        &mut self,
        topic: &str,
        payload: &str,
        qos: u8,
        retain: bool,
    ) -> Option<u8> {
        let id = [0, 7];
        let mut body = text(topic);
        body.extend(if qos > 0 { &id[..] } else { &[] });
        body.extend(self.if_v5(&[0]));
        body.extend(payload.as_bytes());
        self.send(0x30 | qos << 1 | u8::from(retain), &body).await;
        if qos == 0 {
            self.ping().await;
            return None;
        }
        let (first, answer) = self.packet().await;
        assert_eq!(first, if qos == 1 { 0x40 } else { 0x50 });
        assert_eq!(answer[..2], id);
        // MQTT 5, 3.4.2.1: without a code it is a success.
        let code = answer.get(2).copied().unwrap_or(OK);
        if self.version == Version::V4 {
            assert_eq!(answer.len(), 2, "version 3.1.1 knows no code");
        }
        // A refusal of version 5 ends the exchange.
        if qos == 2 && code < 0x80 {
            self.send(0x62, &id).await;
            assert_eq!(self.packet().await.0, 0x70);
        }
        (self.version == Version::V5).then_some(code)
    }

    /// The code of the answer.
    pub(crate) async fn subscribe(&mut self, filter: &str, qos: u8) -> u8 {
        let body = [&[0, 1], self.if_v5(&[0]), &text(filter), &[qos]].concat();
        self.send(0x82, &body).await;
        loop {
            let (first, body) = self.packet().await;
            // What an earlier subscription brings may come in between.
            if first == 0x90 {
                return *body.last().expect("a code");
            }
        }
    }

    pub(crate) async fn ping(&mut self) {
        self.send(0xc0, &[]).await;
        loop {
            let (first, _) = self.packet().await;
            if first == 0xd0 {
                return;
            }
        }
    }

    /// What comes, up to a message on this topic; at QoS 0.
    pub(crate) async fn heard_until(&mut self, last: &str) -> Vec<Heard> {
        let mut heard = Vec::new();
        loop {
            let (first, body) = self.packet().await;
            assert_eq!(first & 0xf6, 0x30, "a message at QoS 0");
            let length = usize::from(u16::from_be_bytes([body[0], body[1]]));
            let (topic, rest) = body[2..].split_at(length);
            let rest = match self.version {
                Version::V4 => rest,
                Version::V5 => &rest[1 + usize::from(rest[0])..],
            };
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
            if text(topic) == last {
                return heard;
            }
            heard.push((text(topic), text(rest)));
        }
    }

    /// Says goodbye.
    pub(crate) async fn leave(mut self) {
        self.send(0xe0, &[]).await;
        // It is closed when the broker has handled it.
        let _ = timeout(WAIT, self.stream.read_u8()).await;
    }
}
