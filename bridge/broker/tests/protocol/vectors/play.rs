//! Plays a sequence to a broker.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::judge::{self, Packet};
use super::sequence::{Sequence, Step};
use crate::client::Client;

/// How long an answer is waited for, where the machine has much else to do.
const WAIT: Duration = Duration::from_secs(10);
const PING: [u8; 2] = [0xc0, 0];
const PONG: Packet = (0xd0, Vec::new());

struct Player {
    stream: TcpStream,
    received: Vec<u8>,
}

/// Why the broker's answers are not those that the standard allows.
pub(super) async fn play(at: SocketAddr, sequence: &Sequence) -> Result<(), String> {
    let mut player = Player {
        stream: TcpStream::connect(at).await.expect("it listens"),
        received: Vec::new(),
    };
    if sequence.connects {
        player.connect(sequence).await?;
    }
    let mut is_whole = true;
    for step in &sequence.steps {
        match step {
            Step::Send(bytes) => {
                is_whole = judge::is_whole(bytes);
                player.send(bytes).await;
            }
            Step::Expect(bytes) => {
                let (wanted, rest) = judge::cut(bytes).expect("a packet");
                assert!(rest.is_empty(), "one packet at a time");
                if is_whole && judge::is_refusal(&wanted) {
                    // A broker that is still there answers it, so that nobody waits for nothing.
                    player.send(&PING).await;
                }
                player.expect(sequence.version, &wanted).await?;
            }
            Step::Publish {
                topic,
                qos,
                payload,
            } => publish(at, topic, *qos, payload).await,
        }
    }
    if is_whole {
        player.send(&PING).await;
    }
    player.end(sequence.closes).await
}

impl Player {
    async fn connect(&mut self, sequence: &Sequence) -> Result<(), String> {
        let id = sequence.name.as_bytes();
        let id_length = u16::try_from(id.len()).expect("short");
        let mut body = b"\0\x04MQTT".to_vec();
        // A clean session, and a minute of silence.
        body.extend([sequence.version, 2, 0, 60]);
        if sequence.version == 5 {
            body.push(0);
        }
        body.extend(id_length.to_be_bytes());
        body.extend(id);
        let length = u8::try_from(body.len()).expect("short");
        assert!(length < 128, "a length of one byte");
        self.send(&[&[0x10, length][..], &body].concat()).await;
        self.expect(sequence.version, &(0x20, vec![0, 0])).await
    }

    /// What cannot be sent was refused, which the next step finds.
    async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next packet; `None` when the connection is closed.
    async fn next(&mut self) -> Result<Option<Packet>, String> {
        loop {
            if let Some((packet, rest)) = judge::cut(&self.received) {
                self.received = rest.to_vec();
                return Ok(Some(packet));
            }
            let read = timeout(WAIT, self.stream.read_buf(&mut self.received)).await;
            match read {
                Ok(Ok(0) | Err(_)) => return Ok(None),
                Ok(Ok(_)) => {}
                Err(_) => return Err("it neither answers nor closes".to_owned()),
            }
        }
    }

    async fn expect(&mut self, version: u8, wanted: &Packet) -> Result<(), String> {
        let got = self.next().await?;
        let is_allowed = match &got {
            None => judge::is_refusal(wanted) && !judge::must_be_said(wanted),
            Some(got) => judge::is_allowed(version, wanted, got),
        };
        if is_allowed {
            Ok(())
        } else {
            Err(format!("it wants {wanted:x?} and gets {got:x?}"))
        }
    }

    async fn end(&mut self, closes: bool) -> Result<(), String> {
        loop {
            match self.next().await? {
                None if closes => return Ok(()),
                None => return Err("it is closed".to_owned()),
                Some(packet) if packet == PONG => {
                    let why = "it is still connected".to_owned();
                    return if closes { Err(why) } else { Ok(()) };
                }
                Some(packet) if closes && judge::is_refusal(&packet) => {}
                Some(packet) => return Err(format!("it gets {packet:x?}, unasked")),
            }
        }
    }
}

async fn publish(at: SocketAddr, topic: &str, qos: u8, payload: &str) {
    let mut helper = Client::new(at, "helper").await;
    helper.publish(1, qos << 1, topic, payload).await;
    match qos {
        0 => helper.ping().await,
        1 => assert_eq!(helper.puback().await, 1),
        _ => {
            assert_eq!(helper.packet().await, (0x50, vec![0, 1]));
            helper.send(0x62, &[0, 1]).await;
            assert_eq!(helper.packet().await, (0x70, vec![0, 1]));
        }
    }
}
