//! The requests of this silo to one other: one connection, opened when it is needed, on which many
//! are under way at once.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use pizza_clock::Clock;
use pizza_types::SiloId;
use tokio::sync::{mpsc, oneshot};

use super::dial::Dial;
use super::frame::{
    Answered, Asked, Frames, Hello, PROTOCOL, PROTOCOL_OLDEST, Welcome, decode, encode, framed,
};
use crate::network::{LinkError, Request, Response};

/// So many requests wait for the connection to take them; further ones wait to wait.
const QUEUE_MAX: usize = 1_024;
/// So many are under way at once. It is the other side's memory.
const UNDER_WAY_MAX: usize = 4_096;
/// How long it may take to connect and to be welcomed, in milliseconds: longer than a packet that
/// was lost needs to come again, shorter than a silo takes to be taken for dead.
const CONNECT_MS: u64 = 700;

/// How often the other side is asked whether it is there while responses are missing, and after how
/// long a silence it is not, in milliseconds. A connection whose other end has vanished would tell it
/// after minutes.
const PING_MS: u64 = 250;
const SILENCE_MS_MAX: u64 = 1_000;

/// A request with whoever waits for its response.
struct Waiting {
    request: Request,
    response: oneshot::Sender<Result<Response, LinkError>>,
}

/// A link to another silo. It ends with its last user, or with its first failure: then the next
/// request makes another one.
#[derive(Clone)]
pub(super) struct Link {
    to: SiloId,
    requests: mpsc::Sender<Waiting>,
}

/// What a link needs to begin.
pub(super) struct Beginning {
    pub(super) me: SiloId,
    pub(super) to: SiloId,
    pub(super) address: Arc<str>,
    pub(super) dial: Arc<dyn Dial>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Link {
    pub(super) fn begin(beginning: Beginning) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let to = beginning.to.clone();
        tokio::spawn(run(beginning, receiver));
        let requests = sender;
        Self { to, requests }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.requests.is_closed()
    }

    pub(super) async fn ask(&self, request: Request) -> Result<Response, LinkError> {
        let (response, answer) = oneshot::channel();
        let waiting = Waiting { request, response };
        if self.requests.send(waiting).await.is_err() {
            return Err(not_sent(&self.to, "the connection has just ended"));
        }
        // Dropped without a word only with the whole task, as when the process ends.
        answer
            .await
            .unwrap_or_else(|_| Err(lost(&self.to, "the connection has ended")))
    }
}

async fn run(beginning: Beginning, mut requests: mpsc::Receiver<Waiting>) {
    let to = beginning.to.clone();
    let error = match connect(&beginning).await {
        Ok(frames) => {
            tracing::debug!(silo = %to, address = %beginning.address, "connected");
            let (sink, stream) = frames.split();
            let mut connection = Connection {
                to: to.clone(),
                sink,
                stream,
                under_way: BTreeMap::new(),
                number: 0,
                heard_ms: beginning.clock.now_ms(),
                clock: Arc::clone(&beginning.clock),
            };
            let ended = connection.carry(&mut requests).await;
            let Err(error) = ended else { return };
            for response in connection.under_way.into_values() {
                let _ = response.send(Err(lost(&to, &error.to_string())));
            }
            error
        }
        Err(error) => error,
    };
    tracing::debug!(silo = %to, address = %beginning.address, %error, "no connection any more");
    // Closed first, so that nobody joins a queue that nobody serves.
    requests.close();
    while let Some(waiting) = requests.recv().await {
        let _ = waiting
            .response
            .send(Err(not_sent(&to, &error.to_string())));
    }
}

/// A connection on which the other side has said that it is who it is taken for.
async fn connect(beginning: &Beginning) -> io::Result<Frames> {
    let until_ms = beginning.clock.now_ms().saturating_add(CONNECT_MS);
    tokio::select! {
        biased;
        connected = greet(beginning) => connected,
        () = beginning.clock.sleep_until(until_ms) => {
            let text = format!("no connection within {CONNECT_MS} ms");
            Err(io::Error::new(io::ErrorKind::TimedOut, text))
        }
    }
}

async fn greet(beginning: &Beginning) -> io::Result<Frames> {
    let mut frames = framed(beginning.dial.dial(&beginning.address).await?);
    let hello = Hello {
        protocol: PROTOCOL,
        protocol_oldest: PROTOCOL_OLDEST,
        from: beginning.me.clone(),
        to: beginning.to.clone(),
    };
    frames.send(encode(&hello)?).await?;
    let welcome = frames.next().await.ok_or(io::ErrorKind::UnexpectedEof)??;
    match decode(&welcome)? {
        Welcome::Speak(_) => Ok(frames),
        Welcome::Refused(why) => Err(io::Error::new(io::ErrorKind::ConnectionRefused, why)),
    }
}

struct Connection {
    to: SiloId,
    sink: SplitSink<Frames, bytes::Bytes>,
    stream: SplitStream<Frames>,
    /// In the order in which they were asked, also when they all end at once.
    under_way: BTreeMap<u64, oneshot::Sender<Result<Response, LinkError>>>,
    number: u64,
    /// When something last came from the other side, or was first asked of it after a rest.
    heard_ms: u64,
    clock: Arc<dyn Clock>,
}

impl Connection {
    /// Carries requests there and responses back, until nobody has a request any more.
    async fn carry(&mut self, requests: &mut mpsc::Receiver<Waiting>) -> io::Result<()> {
        let mut ping_ms = 0;
        loop {
            let has_room = self.under_way.len() < UNDER_WAY_MAX;
            let waits = !self.under_way.is_empty();
            tokio::select! {
                biased;
                frame = self.stream.next() => {
                    let frame = frame.ok_or(io::ErrorKind::UnexpectedEof)??;
                    self.heard_ms = self.clock.now_ms();
                    self.answered(&frame)?;
                }
                () = self.clock.sleep_until(ping_ms), if waits => {
                    self.ping().await?;
                    ping_ms = self.clock.now_ms().saturating_add(PING_MS);
                }
                next = requests.recv(), if has_room => match next {
                    Some(waiting) => self.send(waiting, requests).await?,
                    None => return Ok(()),
                },
            }
        }
    }

    /// Asks whether the other side is there, unless it has been silent for too long.
    async fn ping(&mut self) -> io::Result<()> {
        if self.clock.now_ms().saturating_sub(self.heard_ms) > SILENCE_MS_MAX {
            let text = format!("nothing was heard of it for {SILENCE_MS_MAX} ms");
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        self.number += 1;
        let (number, request) = (self.number, Request::Ping);
        self.sink.send(encode(&Asked { number, request })?).await
    }

    fn answered(&mut self, frame: &[u8]) -> io::Result<()> {
        let Answered { number, response } = decode(frame)?;
        if let Some(waiting) = self.under_way.remove(&number) {
            // Who asked may have stopped waiting.
            let _ = waiting.send(Ok(response));
        }
        Ok(())
    }

    /// Sends a request, and with it what waits behind it, in one write.
    async fn send(
        &mut self,
        first: Waiting,
        requests: &mut mpsc::Receiver<Waiting>,
    ) -> io::Result<()> {
        if self.under_way.is_empty() {
            self.heard_ms = self.clock.now_ms();
        }
        let mut next = Some(first);
        while let Some(Waiting { request, response }) = next {
            self.number += 1;
            let number = self.number;
            match encode(&Asked { number, request }) {
                Ok(frame) => {
                    self.under_way.insert(number, response);
                    self.sink.feed(frame).await?;
                }
                // That one alone cannot be said.
                Err(error) => {
                    let _ = response.send(Err(not_sent(&self.to, &error.to_string())));
                }
            }
            let has_room = self.under_way.len() < UNDER_WAY_MAX;
            next = has_room.then(|| requests.try_recv().ok()).flatten();
        }
        self.sink.flush().await
    }
}

pub(super) fn not_sent(to: &SiloId, detail: &str) -> LinkError {
    let (to, detail) = (to.clone(), detail.to_owned());
    LinkError::NotSent { to, detail }
}

fn lost(to: &SiloId, detail: &str) -> LinkError {
    let (to, detail) = (to.clone(), detail.to_owned());
    LinkError::Lost { to, detail }
}
