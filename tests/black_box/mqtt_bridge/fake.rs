//! A broker that does what a test wants, packet by packet.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

pub(crate) struct Fake {
    port: u16,
}

/// One connection of the bridge's, from its first packet on.
pub(crate) struct Visit {
    stream: TcpStream,
    pub(crate) client_id: String,
    v5: bool,
}

impl Fake {
    /// Visits are taken one by one, the bridge's two clients side by side.
    pub(crate) fn open(behave: impl Fn(Visit) + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let behave = behave.clone();
                std::thread::spawn(move || {
                    if let Some(visit) = Visit::begin(stream) {
                        behave(visit);
                    }
                });
            }
        });
        Self { port }
    }

    pub(crate) fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }
}

impl Visit {
    fn begin(stream: TcpStream) -> Option<Self> {
        let mut visit = Self {
            stream,
            client_id: String::new(),
            v5: false,
        };
        let (first, body) = visit.packet(Duration::from_secs(5))?;
        assert_eq!(first >> 4, 1, "the first packet is a CONNECT");
        visit.v5 = body[6] == 5;
        let mut at = 10;
        if visit.v5 {
            at += 1 + usize::from(body[10]);
        }
        let length = usize::from(u16::from_be_bytes([body[at], body[at + 1]]));
        visit.client_id = String::from_utf8(body[at + 2..at + 2 + length].to_vec()).ok()?;
        Some(visit)
    }

    pub(crate) fn is_for_events(&self) -> bool {
        self.client_id.ends_with("-events")
    }

    /// The next one within that time; `None` also when the other side has gone.
    pub(crate) fn packet(&mut self, wait: Duration) -> Option<(u8, Vec<u8>)> {
        self.stream.set_read_timeout(Some(wait)).expect("a timeout");
        let first = self.byte()?;
        let (mut length, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        Some((first, body))
    }

    fn byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        self.stream.read_exact(&mut byte).ok()?;
        Some(byte[0])
    }

    /// Whatever it is; whether the other side is still there.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// "Come in; I do not know you."
    pub(crate) fn let_in(&mut self) -> bool {
        let answer: &[u8] = if self.v5 {
            &[0x20, 3, 0, 0, 0]
        } else {
            &[0x20, 2, 0, 0]
        };
        self.send(answer)
    }

    /// Waits for the subscription, and agrees to it.
    pub(crate) fn subscribed(&mut self) -> bool {
        self.answer_subscription(1)
    }

    pub(crate) fn answer_subscription(&mut self, code: u8) -> bool {
        while let Some((first, body)) = self.packet(Duration::from_secs(10)) {
            if first >> 4 == 8 {
                let mut answer = vec![0x90, 0, body[0], body[1]];
                if self.v5 {
                    answer.push(0);
                }
                answer.push(code);
                answer[1] = u8::try_from(answer.len() - 2).expect("a small packet");
                return self.send(&answer);
            }
        }
        false
    }

    /// At QoS 1, as something that comes again.
    pub(crate) fn publish(&mut self, topic: &[u8], payload: &[u8], id: u16) -> bool {
        let mut body = u16::try_from(topic.len())
            .expect("short")
            .to_be_bytes()
            .to_vec();
        body.extend_from_slice(topic);
        body.extend_from_slice(&id.to_be_bytes());
        if self.v5 {
            body.push(0);
        }
        body.extend_from_slice(payload);
        let mut packet = vec![0x3a];
        let mut length = body.len();
        while length > 0x7f {
            packet.push(u8::try_from(length & 0x7f).expect("a byte") | 0x80);
            length >>= 7;
        }
        packet.push(u8::try_from(length).expect("a byte"));
        packet.extend_from_slice(&body);
        self.send(&packet)
    }

    /// Ids that are acknowledged, until so many were or nothing has come for that long.
    pub(crate) fn acknowledged(&mut self, count: usize, wait: Duration) -> Vec<u16> {
        let mut ids = Vec::new();
        while ids.len() < count {
            match self.packet(wait) {
                Some((0x40, body)) => ids.push(u16::from_be_bytes([body[0], body[1]])),
                Some((0xc0, _)) => drop(self.send(&[0xd0, 0])),
                Some((first, body)) if first >> 4 == 3 => {
                    // A dead letter or an event: thank you.
                    let topic = usize::from(u16::from_be_bytes([body[0], body[1]]));
                    let id = [body[topic + 2], body[topic + 3]];
                    self.send(&[0x40, 2, id[0], id[1]]);
                }
                Some(_) => {}
                None => break,
            }
        }
        ids
    }
}
