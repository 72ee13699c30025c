//! The requests of this silo to one other: one connection, opened when it is needed, on which many
//! are under way at once.

use std::sync::Arc;

use futures_util::SinkExt as _;
use pizza_clock::Clock;
use pizza_types::SiloId;
use tokio::sync::{mpsc, oneshot};

use super::connection::Connection;
use super::dial::Dial;
use super::error::Error;
use super::frame::{
    Agreed, Frames, GREETING_BYTES_MAX, Hello, Welcome, decode, encode, framed, next,
};
use super::progress::{Progress, Watched};
use super::settings::Settings;
use super::waiting::{Waiting, lost, not_sent};
use super::warnings::Warnings;
use crate::network::{LinkError, Request, Response};

/// So many requests wait for the connection to take them; further ones wait to wait.
const QUEUE_MAX: usize = 1_024;
/// How long it may take to connect and to be welcomed, in milliseconds: longer than a packet that
/// was lost needs to come again, shorter than a silo takes to be taken for dead.
const CONNECT_MS: u64 = 700;

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
    pub(super) settings: Settings,
    pub(super) warnings: Arc<Warnings>,
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
    let (to, address) = (beginning.to.clone(), Arc::clone(&beginning.address));
    let progress = Progress::default();
    let error = match connect(&beginning, &progress).await {
        Ok((frames, agreed)) => {
            tracing::debug!(silo = %to, %address, ?agreed, "connected");
            let connection = Connection::new(to.clone(), agreed, progress, beginning.clock);
            match connection.carry(frames, &mut requests).await {
                Ok(()) => return,
                Err(error) => error,
            }
        }
        Err(error) => {
            if error.is_to_be_mended() && beginning.warnings.is_due(beginning.clock.now_ms()) {
                tracing::warn!(silo = %to, %address, %error, "another silo cannot be reached");
            }
            error
        }
    };
    tracing::debug!(silo = %to, %address, %error, "no connection any more");
    // Closed first, so that nobody joins a queue that nobody serves.
    requests.close();
    while let Some(waiting) = requests.recv().await {
        let _ = waiting
            .response
            .send(Err(not_sent(&to, &error.to_string())));
    }
}

/// A connection on which the other side has said that it is who it is taken for.
pub(super) async fn connect(
    beginning: &Beginning,
    progress: &Progress,
) -> Result<(Frames<Watched>, Agreed), Error> {
    let until_ms = beginning.clock.now_ms().saturating_add(CONNECT_MS);
    tokio::select! {
        biased;
        connected = greet(beginning, progress) => connected,
        () = beginning.clock.sleep_until(until_ms) => Err(Error::TimedOut {
            what: "connecting and being welcomed",
            ms: CONNECT_MS,
        }),
    }
}

async fn greet(
    beginning: &Beginning,
    progress: &Progress,
) -> Result<(Frames<Watched>, Agreed), Error> {
    let Settings { versions, limits } = beginning.settings;
    let stream = beginning.dial.dial(&beginning.address).await?;
    let stream = Watched::new(stream, progress.clone());
    let mut frames = framed(stream, GREETING_BYTES_MAX);
    let hello = Hello {
        protocol: versions.newest,
        protocol_oldest: versions.oldest,
        from: beginning.me.clone(),
        to: beginning.to.clone(),
        limits: Some(limits),
    };
    frames.send(encode(&hello, GREETING_BYTES_MAX)?).await?;
    let welcome = next(&mut frames, GREETING_BYTES_MAX).await?;
    let agreed = match decode(&welcome.ok_or(Error::Ended)?)? {
        Welcome::Speak(version) => Agreed { version, limits },
        Welcome::Agreed(agreed) => Agreed {
            limits: limits.and(agreed.limits),
            ..agreed
        },
        Welcome::Refused(why) => return Err(Error::Refused(why)),
    };
    // It takes what this silo told, which may be more than what it will be sent.
    frames
        .codec_mut()
        .set_max_frame_length(limits.frame_bytes_max);
    Ok((frames, agreed))
}
