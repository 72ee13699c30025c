//! A client of MQTT 3.1.1 by hand, which acknowledges nothing by itself.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than anything here takes; a test that fails shall end.
const WAIT: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
}

/// Topic and payload of a will at QoS 1.
pub(crate) type Will<'a> = Option<(&'a str, &'a str)>;

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("short enough");
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// A CONNECT of version 5. Without a will there is no delay.
pub(crate) fn connect_v5(
    id: &str,
    clean: bool,
    expiry_s: u32,
    will: Will<'_>,
    delay_s: u32,
) -> Vec<u8> {
    let flags = u8::from(clean) << 1 | u8::from(will.is_some()) << 2;
    let mut body = [text("MQTT"), vec![5, flags, 0, 60, 5, 17]].concat();
    body.extend(expiry_s.to_be_bytes());
    body.extend(text(id));
    if let Some((topic, payload)) = will {
        body.extend([5, 24]);
        body.extend(delay_s.to_be_bytes());
        body.extend(text(topic));
        body.extend(text(payload));
    }
    let length = u8::try_from(body.len()).expect("a length of one byte");
    [&[0x10, length], &body[..]].concat()
}

impl Client {
    pub(crate) async fn dial(at: SocketAddr) -> Self {
        let stream = TcpStream::connect(at).await.expect("it listens");
        Self { stream }
    }

    /// A client that was let in, with a clean session.
    pub(crate) async fn new(at: SocketAddr, id: &str) -> Self {
        let mut client = Self::dial(at).await;
        assert_eq!(client.connect(id, true, None, None).await, (0, 0));
        client
    }

    pub(crate) async fn send(&mut self, first: u8, body: &[u8]) {
        let length = u8::try_from(body.len()).ok().filter(|n| *n < 128);
        let length = length.expect("a length of one byte");
        let packet = [&[first, length], body].concat();
        self.stream.write_all(&packet).await.expect("it reads");
    }

    /// Sends bytes as they are.
    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.expect("it reads");
    }

    pub(crate) async fn send_connect(
        &mut self,
        id: &str,
        clean: bool,
        will: Will<'_>,
        login: Option<(&str, &str)>,
    ) {
        let mut flags = u8::from(clean) << 1;
        let mut rest = text(id);
        if let Some((topic, payload)) = will {
            flags |= 0b0000_1100;
            rest.extend(text(topic));
            rest.extend(text(payload));
        }
        if let Some((user, password)) = login {
            flags |= 0b1100_0000;
            rest.extend(text(user));
            rest.extend(text(password));
        }
        let head = [text("MQTT"), vec![4, flags, 0, 60]].concat();
        self.send(0x10, &[head, rest].concat()).await;
    }

    /// Whether the session was there before (1), and the return code.
    pub(crate) async fn connect(
        &mut self,
        id: &str,
        clean: bool,
        will: Will<'_>,
        login: Option<(&str, &str)>,
    ) -> (u8, u8) {
        self.send_connect(id, clean, will, login).await;
        let (first, body) = self.packet().await;
        assert_eq!((first, body.len()), (0x20, 2));
        (body[0], body[1])
    }

    /// The return code.
    pub(crate) async fn subscribe(&mut self, filter: &str, qos: u8) -> u8 {
        let body = [&[0, 1][..], &text(filter), &[qos]].concat();
        self.send(0x82, &body).await;
        let (first, body) = self.packet().await;
        assert_eq!((first, body.len()), (0x90, 3));
        body[2]
    }

    /// `flags` as in the first byte: QoS times two, and 1 for retained.
    pub(crate) async fn publish(&mut self, id: u16, flags: u8, topic: &str, payload: &str) {
        let mut body = text(topic);
        if flags & 6 != 0 {
            body.extend(id.to_be_bytes());
        }
        body.extend(payload.as_bytes());
        self.send(0x30 | flags, &body).await;
    }

    pub(crate) async fn acknowledge(&mut self, id: u16) {
        self.send(0x40, &id.to_be_bytes()).await;
    }

    /// The broker has handled all that was sent before, and has sent nothing else meanwhile.
    pub(crate) async fn ping(&mut self) {
        self.send(0xc0, &[]).await;
        assert_eq!(self.packet().await, (0xd0, vec![]));
    }

    /// First byte and body of the next packet.
    pub(crate) async fn packet(&mut self) -> (u8, Vec<u8>) {
        let read = async {
            let first = self.stream.read_u8().await?;
            let length = self.stream.read_u8().await?;
            assert!(length < 128, "a length of one byte");
            let mut body = vec![0; usize::from(length)];
            self.stream.read_exact(&mut body).await?;
            Ok::<_, std::io::Error>((first, body))
        };
        let packet = timeout(WAIT, read).await.expect("a packet in time");
        packet.expect("a packet")
    }

    /// The next packet is a message: its first byte, packet id, topic and payload.
    pub(crate) async fn message(&mut self) -> (u8, u16, String, String) {
        let (first, body) = self.packet().await;
        assert_eq!(first >> 4, 3, "{first:x} {body:?}");
        let number = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
        let end = 2 + usize::from(number(0));
        let (id, begin) = if first & 6 == 0 {
            (0, end)
        } else {
            (number(end), end + 2)
        };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (first, id, text(&body[2..end]), text(&body[begin..]))
    }

    /// The next packet is a PUBACK: of which message.
    pub(crate) async fn puback(&mut self) -> u16 {
        let (first, body) = self.packet().await;
        assert_eq!((first, body.len()), (0x40, 2));
        u16::from_be_bytes([body[0], body[1]])
    }

    /// Returns when the broker has closed the connection, without another packet.
    pub(crate) async fn closed(&mut self) {
        let read = timeout(WAIT, self.stream.read_u8()).await;
        read.expect("it closes in time").expect_err("no packet");
    }
}
