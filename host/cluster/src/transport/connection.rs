//! What goes on on one connection of a link: requests go while responses come, so that neither side
//! ever waits for the other to read first.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use parking_lot::Mutex;
use pizza_clock::Clock;
use pizza_types::SiloId;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc, oneshot};

use super::error::Error;
use super::frame::{
    Agreed, Answered, Asked, Frames, TooLarge, decode, encode, next, number_of_answer,
};
use super::limits::Room;
use super::progress::{Progress, Watched};
use super::waiting::{Waiting, lost, not_sent};
use crate::network::{LinkError, Request, Response};

/// How often the other side is asked whether it is there while responses are missing and nothing
/// comes, and after how long a silence it is not, in milliseconds. A connection whose other end
/// has vanished would tell it after minutes.
const PING_MS: u64 = 250;
const SILENCE_MS_MAX: u64 = 1_000;

type Sink = SplitSink<Frames<Watched>, bytes::Bytes>;

/// A request that was sent, and its part of what may be in flight.
struct UnderWay {
    response: oneshot::Sender<Result<Response, LinkError>>,
    _room: OwnedSemaphorePermit,
}

pub(super) struct Connection {
    to: SiloId,
    agreed: Agreed,
    /// In the order in which they were asked, also when they all end at once.
    under_way: Mutex<BTreeMap<u64, UnderWay>>,
    room: Room,
    progress: Progress,
    /// The first request after a rest is under way.
    is_busy: Notify,
    /// A ping is to be sent.
    ping: Notify,
    clock: Arc<dyn Clock>,
}

impl Connection {
    pub(super) fn new(
        to: SiloId,
        agreed: Agreed,
        progress: Progress,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            to,
            under_way: Mutex::default(),
            room: Room::of(agreed.limits.in_flight_bytes_max),
            agreed,
            progress,
            is_busy: Notify::new(),
            ping: Notify::new(),
            clock,
        }
    }

    /// Carries requests there and responses back, until nobody has a request any more.
    pub(super) async fn carry(
        self,
        frames: Frames<Watched>,
        requests: &mut mpsc::Receiver<Waiting>,
    ) -> Result<(), Error> {
        let (sink, stream) = frames.split();
        let mut writing = Writing {
            connection: &self,
            sink,
            number: 0,
        };
        let ended = tokio::select! {
            biased;
            error = self.read(stream) => Err(error),
            error = self.watch() => Err(error),
            ended = writing.write(requests) => ended,
        };
        if let Err(error) = &ended {
            let under_way = std::mem::take(&mut *self.under_way.lock());
            for waiting in under_way.into_values() {
                let _ = waiting
                    .response
                    .send(Err(lost(&self.to, &error.to_string())));
            }
        }
        ended
    }

    async fn read(&self, mut stream: SplitStream<Frames<Watched>>) -> Error {
        loop {
            let read = next(&mut stream, self.agreed.limits.frame_bytes_max).await;
            let frame = match read {
                Ok(Some(frame)) => frame,
                Ok(None) => return Error::Ended,
                Err(error) => return error,
            };
            match decode(&frame) {
                Ok(answered) => self.answered(answered),
                // A newer program may answer what this one has no word for: that is the end of one request.
                Err(error) => match number_of_answer(&frame) {
                    Some(number) => {
                        self.settle(number, |to| Err(lost(to, &error.to_string())));
                    }
                    None => return error,
                },
            }
        }
    }

    fn settle(&self, number: u64, outcome: impl FnOnce(&SiloId) -> Result<Response, LinkError>) {
        // Nobody waits for the answer to a ping, and who asked may have stopped waiting.
        if let Some(waiting) = self.under_way.lock().remove(&number) {
            let _ = waiting.response.send(outcome(&self.to));
        }
    }

    fn answered(&self, answered: Answered) {
        let Answered {
            number,
            response,
            too_large,
            not_understood,
        } = answered;
        self.settle(number, |to| {
            if let Some(response) = response {
                return Ok(response);
            }
            let to = to.clone();
            Err(match (too_large, not_understood) {
                (Some(TooLarge { bytes, bytes_max }), _) => LinkError::ResponseTooLarge {
                    to,
                    bytes,
                    bytes_max,
                },
                (None, Some(theirs)) => LinkError::NotUnderstood {
                    to,
                    version: theirs.newest,
                },
                (None, None) => lost(&to, "its answer is empty"),
            })
        });
    }

    /// Ends when the other side gives no sign of life while responses are missing.
    async fn watch(&self) -> Error {
        let mut seen = self.progress.count();
        let mut heard_ms = self.clock.now_ms();
        loop {
            while self.under_way.lock().is_empty() {
                self.is_busy.notified().await;
                heard_ms = self.clock.now_ms();
            }
            let at_ms = self.clock.now_ms().saturating_add(PING_MS);
            self.clock.sleep_until(at_ms).await;
            let (count, now_ms) = (self.progress.count(), self.clock.now_ms());
            if count != seen {
                (seen, heard_ms) = (count, now_ms);
            } else if now_ms.saturating_sub(heard_ms) >= SILENCE_MS_MAX {
                return Error::Silent { ms: SILENCE_MS_MAX };
            } else {
                self.ping.notify_one();
            }
        }
    }
}

struct Writing<'a> {
    connection: &'a Connection,
    sink: Sink,
    number: u64,
}

impl Writing<'_> {
    async fn write(&mut self, requests: &mut mpsc::Receiver<Waiting>) -> Result<(), Error> {
        let connection = self.connection;
        loop {
            tokio::select! {
                biased;
                () = connection.ping.notified() => self.ping().await?,
                next = requests.recv() => match next {
                    Some(waiting) => self.send(waiting, requests).await?,
                    None => return Ok(()),
                },
            }
        }
    }

    /// Asks whether the other side is there. That counts nothing: it must get through when there is
    /// no room.
    async fn ping(&mut self) -> Result<(), Error> {
        let frame = self.frame(Request::Ping)?;
        Ok(self.sink.send(frame).await?)
    }

    /// Sends a request, and with it what waits behind it, in one write.
    async fn send(
        &mut self,
        first: Waiting,
        requests: &mut mpsc::Receiver<Waiting>,
    ) -> Result<(), Error> {
        let mut next = Some(first);
        while let Some(Waiting { request, response }) = next {
            // Whoever has stopped waiting meanwhile is spared the work.
            if !response.is_closed() {
                match self.frame(request) {
                    Ok(frame) => self.feed(frame, response).await?,
                    // That one alone cannot be said.
                    Err(error) => {
                        let _ = response.send(Err(self.not_sayable(&error)));
                    }
                }
            }
            next = requests.try_recv().ok();
        }
        Ok(self.sink.flush().await?)
    }

    async fn feed(
        &mut self,
        frame: bytes::Bytes,
        response: oneshot::Sender<Result<Response, LinkError>>,
    ) -> Result<(), Error> {
        // Pings that are sent while this one waits take further ones.
        let number = self.number;
        let room = match self.connection.room.try_take(frame.len()) {
            Some(room) => room,
            None => self.wait_for_room(frame.len()).await?,
        };
        let was_idle = {
            let mut under_way = self.connection.under_way.lock();
            let was_idle = under_way.is_empty();
            let sent = UnderWay {
                response,
                _room: room,
            };
            under_way.insert(number, sent);
            was_idle
        };
        if was_idle {
            self.connection.is_busy.notify_one();
        }
        Ok(self.sink.feed(frame).await?)
    }

    /// Waits until the other side has answered enough. It is asked meanwhile whether it is there.
    async fn wait_for_room(&mut self, bytes: usize) -> Result<OwnedSemaphorePermit, Error> {
        // What is to be answered has to be there first.
        self.sink.flush().await?;
        let connection = self.connection;
        loop {
            tokio::select! {
                biased;
                room = connection.room.take(bytes) => return room.ok_or(Error::Ended),
                () = connection.ping.notified() => self.ping().await?,
            }
        }
    }

    fn frame(&mut self, request: Request) -> Result<bytes::Bytes, Error> {
        let agreed = self.connection.agreed;
        // A silo of an older program would end the connection, and all that is under way on it.
        if !agreed.has(&request) {
            let version = agreed.version;
            return Err(Error::NotAgreed { version });
        }
        self.number += 1;
        let number = self.number;
        let bytes_max = agreed.limits.frame_bytes_max;
        encode(&Asked { number, request }, bytes_max)
    }

    fn not_sayable(&self, error: &Error) -> LinkError {
        let to = &self.connection.to;
        match *error {
            Error::TooLarge { bytes, bytes_max } => LinkError::RequestTooLarge {
                to: to.clone(),
                bytes,
                bytes_max,
            },
            Error::NotAgreed { version } => LinkError::NotUnderstood {
                to: to.clone(),
                version,
            },
            ref error => not_sent(to, &error.to_string()),
        }
    }
}
