//! The requests of other silos, one connection each.

use std::sync::Arc;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use pizza_clock::Clock;
use pizza_types::{CellName, SiloId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::dial::Stream;
use super::error::Error;
use super::farewell;
use super::first_byte::Looked;
use super::frame::{
    Agreed, Answered, Asked, Frames, GREETING_BYTES_MAX, Hello, TooLarge, Welcome, agree, decode,
    encode, framed, next, number_of_asked,
};
use super::limits::Room;
use super::progress::{Progress, Watched};
use super::settings::Settings;
use super::tls::Tls;
use super::versions::{TELLS_LIMITS, Versions};
use crate::cells::any_silo_of;
use crate::network::Service;

/// How long whoever connects may take to say who it is, in milliseconds, and how many may be about
/// it at once: they cost memory, and have shown nothing yet.
const GREETING_MS: u64 = 2_000;
const GREETING_AT_ONCE_MAX: usize = 256;
/// How long the other side may take nothing of its answers, and how long it may ask nothing, in
/// milliseconds. Then the connection ends; it costs whoever still lives the time to connect.
const STALLED_MS_MAX: u64 = 10_000;
const IDLE_MS_MAX: u64 = 60_000;
const LOOK_MS: u64 = 2_000;
/// Pings count nothing where they are sent.
const PINGS_BYTES: usize = 1 << 20;
/// Responses that wait to be written. More wait for their place here.
const READY_MAX: usize = 4_096;

/// What serves other silos.
pub struct Server {
    me: SiloId,
    service: Arc<dyn Service>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    tls: Option<Tls>,
    /// By what it may be greeted besides its own id.
    also: Option<SiloId>,
    greeting: Semaphore,
}

impl Server {
    #[must_use]
    pub fn new(
        me: SiloId,
        service: Arc<dyn Service>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        tls: Option<Tls>,
    ) -> Self {
        Self {
            me,
            service,
            clock,
            settings,
            tls,
            also: None,
            greeting: Semaphore::new(GREETING_AT_ONCE_MAX),
        }
    }

    /// Serves also whoever asks for any silo of this cell.
    #[must_use]
    pub fn of_cell(mut self, cell: &CellName) -> Self {
        self.also = Some(any_silo_of(cell));
        self
    }

    /// Serves a connection that another silo has opened, until it ends it.
    ///
    /// # Errors
    /// When the other side cannot prove to be a silo, takes this one for another, or speaks another protocol;
    /// and when the connection breaks.
    pub async fn serve(&self, stream: Box<dyn Stream>) -> Result<(), Error> {
        let progress = Progress::default();
        let (frames, agreed) = {
            let max = GREETING_AT_ONCE_MAX;
            let greeting = self.greeting.try_acquire();
            let _greeting = greeting.map_err(|_| Error::Crowded { max })?;
            let until_ms = self.clock.now_ms().saturating_add(GREETING_MS);
            tokio::select! {
                biased;
                greeted = self.greet(stream, &progress) => greeted?,
                () = self.clock.sleep_until(until_ms) => return Err(Error::TimedOut {
                    what: "saying who it is",
                    ms: GREETING_MS,
                }),
            }
        };
        let (sink, stream) = frames.split();
        let (responses, ready) = mpsc::channel(READY_MAX);
        let in_flight = agreed.limits.in_flight_bytes_max;
        let serving = Serving {
            agreed,
            versions: self.settings.versions,
            service: Arc::clone(&self.service),
            asked: Room::of(in_flight + PINGS_BYTES),
            answers: Room::of(in_flight),
        };
        tokio::select! {
            biased;
            ended = serving.read(stream, responses, self.settings.limits.frame_bytes_max) => ended,
            failed = write(sink, ready) => failed,
            ended = serving.watch(&*self.clock, &progress) => ended,
        }
    }

    async fn greet(
        &self,
        stream: Box<dyn Stream>,
        progress: &Progress,
    ) -> Result<(Frames<Watched>, Agreed), Error> {
        let stream = self.opened(stream).await?;
        let mut frames = framed(Watched::new(stream, progress.clone()), GREETING_BYTES_MAX);
        let hello = next(&mut frames, GREETING_BYTES_MAX).await?;
        let hello: Hello = decode(&hello.ok_or(Error::Ended)?)?;
        match self.agree(&hello) {
            Ok(agreed) => {
                let welcome = if agreed.version >= TELLS_LIMITS {
                    Welcome::Agreed(agreed)
                } else {
                    Welcome::Speak(agreed.version)
                };
                frames.send(encode(&welcome, GREETING_BYTES_MAX)?).await?;
                let bytes_max = self.settings.limits.frame_bytes_max;
                frames.codec_mut().set_max_frame_length(bytes_max);
                Ok((frames, agreed))
            }
            Err(why) => {
                let mut stream: Box<dyn Stream> = Box::new(frames.into_inner());
                farewell::refuse(&mut stream, &why).await;
                Err(why)
            }
        }
    }

    /// With TLS on it, where there is to be any.
    async fn opened(&self, stream: Box<dyn Stream>) -> Result<Box<dyn Stream>, Error> {
        let looked = Looked::at(stream).await?;
        let is_tls = looked.is_tls();
        let mut stream: Box<dyn Stream> = Box::new(looked);
        let why = match &self.tls {
            Some(tls) if is_tls => return tls.accept(stream).await,
            None if !is_tls => return Ok(stream),
            Some(_) => Error::AskedPlain,
            // What it makes of a frame is that there is no TLS here.
            None => Error::AskedForTls,
        };
        farewell::refuse(&mut stream, &why).await;
        Err(why)
    }

    fn agree(&self, hello: &Hello) -> Result<Agreed, Error> {
        if hello.to != self.me && Some(&hello.to) != self.also.as_ref() {
            return Err(Error::AnotherSilo {
                me: self.me.clone(),
                taken_for: hello.to.clone(),
            });
        }
        agree(hello, self.settings.versions, self.settings.limits)
    }
}

/// A response in its frame, with its part of what may wait.
struct Ready {
    frame: bytes::Bytes,
    room: Option<OwnedSemaphorePermit>,
}

/// What happens on one connection.
struct Serving {
    agreed: Agreed,
    versions: Versions,
    service: Arc<dyn Service>,
    /// Requests that are worked on. Beyond that nothing is read, so that the other side comes to wait.
    asked: Room,
    /// Responses that are not written yet.
    answers: Room,
}

impl Serving {
    async fn read(
        &self,
        mut stream: SplitStream<Frames<Watched>>,
        responses: mpsc::Sender<Result<Ready, Error>>,
        bytes_max: usize,
    ) -> Result<(), Error> {
        while let Some(frame) = next(&mut stream, bytes_max).await? {
            let asked = self.asked.take(frame.len()).await;
            // Whoever does not read its answers is asked nothing more.
            drop(self.answers.take(0).await);
            let Asked { number, request } = match self.understood(&frame) {
                Ok(asked) => asked,
                Err(error) => {
                    let answer = self.not_understood(&frame, error)?;
                    let _ = responses.send(Ok(answer)).await;
                    continue;
                }
            };
            let (agreed, answers) = (self.agreed, self.answers.clone());
            let (service, responses) = (Arc::clone(&self.service), responses.clone());
            tokio::spawn(async move {
                let response = service.answer(request).await;
                let response = match answer(number, response, agreed) {
                    Ok(frame) => {
                        let room = answers.take(frame.len()).await;
                        Ok(Ready { frame, room })
                    }
                    // It ends the connection: whoever asked knows then that it does not know.
                    Err(error) => Err(error),
                };
                // A connection that has ended carries no answer, which says the same.
                let _ = responses.send(response).await;
                drop(asked);
            });
        }
        Ok(())
    }

    /// A request that the agreed version has.
    fn understood(&self, frame: &[u8]) -> Result<Asked, Error> {
        let asked: Asked = decode(frame)?;
        let version = self.agreed.version;
        if self.agreed.has(&asked.request) {
            Ok(asked)
        } else {
            Err(Error::NotAgreed { version })
        }
    }

    /// What is said to a request that this program does not know. Versions before the third have no word
    /// for it, and the connection ends.
    fn not_understood(&self, frame: &[u8], error: Error) -> Result<Ready, Error> {
        let number = number_of_asked(frame).filter(|_| self.agreed.tells_not_understood());
        let number = number.ok_or(error)?;
        let answered = Answered {
            number,
            response: None,
            too_large: None,
            not_understood: Some(self.versions),
        };
        let frame = encode(&answered, self.agreed.limits.frame_bytes_max)?;
        Ok(Ready { frame, room: None })
    }

    /// Ends when the other side takes no answers, or has asked nothing for long.
    async fn watch(&self, clock: &dyn Clock, progress: &Progress) -> Result<(), Error> {
        let (mut seen, mut heard_ms) = (progress.count(), clock.now_ms());
        loop {
            let at_ms = clock.now_ms().saturating_add(LOOK_MS);
            clock.sleep_until(at_ms).await;
            let (count, now_ms) = (progress.count(), clock.now_ms());
            if count != seen {
                (seen, heard_ms) = (count, now_ms);
                continue;
            }
            let quiet_ms = now_ms.saturating_sub(heard_ms);
            if !self.answers.is_empty() && quiet_ms >= STALLED_MS_MAX {
                return Err(Error::Stalled { ms: STALLED_MS_MAX });
            }
            if self.asked.is_empty() && quiet_ms >= IDLE_MS_MAX {
                return Ok(());
            }
        }
    }
}

/// The frame of a response; of one that is too long, that it is.
fn answer(
    number: u64,
    response: crate::network::Response,
    agreed: Agreed,
) -> Result<bytes::Bytes, Error> {
    let mut answered = Answered::with(number, response);
    let frame_bytes_max = agreed.limits.frame_bytes_max;
    match encode(&answered, frame_bytes_max) {
        Err(Error::TooLarge { bytes, bytes_max }) if agreed.tells_too_large() => {
            answered.response = None;
            answered.too_large = Some(TooLarge { bytes, bytes_max });
            encode(&answered, frame_bytes_max)
        }
        encoded => encoded,
    }
}

async fn write(
    mut sink: SplitSink<Frames<Watched>, bytes::Bytes>,
    mut ready: mpsc::Receiver<Result<Ready, Error>>,
) -> Result<(), Error> {
    // What is written gives its room back when the system has taken it.
    let mut rooms = Vec::new();
    while let Some(first) = ready.recv().await {
        let mut next = Some(first);
        while let Some(response) = next {
            let Ready { frame, room } = response?;
            rooms.push(room);
            sink.feed(frame).await?;
            next = ready.try_recv().ok();
        }
        sink.flush().await?;
        rooms.clear();
    }
    // Never: there is a sender as long as the connection is read.
    Ok(())
}
