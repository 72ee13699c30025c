//! How an edge in another process reaches its silos: over their addresses for operators.

mod clock;
mod exchange;
mod share_use;

use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use hyper::header::HeaderValue;
use pizza_types::{Body, CallError, Envelope, MessageId, Reply};
use tokio::time::sleep;

pub(crate) use self::exchange::chain;
use self::exchange::{Asker, ExchangeError};
pub use self::share_use::NotShared;
use crate::edge_keys::EdgeKeys;
use crate::lease::{LeaseClaim, LeaseRecord};
use crate::notes::Note;
use crate::silos::Silos;
use crate::transport::{EventPage, Everywhere, Readiness, Transport};
use crate::wire::{Answer, Answered, CallMessage, Question};

/// How much longer than a question may take its answer is waited for.
const MARGIN: Duration = Duration::from_secs(5);
/// How long an answer may take that does not wait for an actor.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// How long the silo waits for an event before it answers that there is none.
const EVENT_WAIT: Duration = Duration::from_secs(20);
/// How long a question is carried from silo to silo while none of them takes it: longer than it takes
/// to notice that one is dead, and to take over what it had.
const TRY_FOR: Duration = Duration::from_secs(5);
/// The pause after all of them were asked in vain.
const ASK_AGAIN: Duration = Duration::from_millis(50);
/// How often an edge asks which silos there are.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Silos in other processes: one, or several of a cluster, of which any will do.
pub struct Remote {
    asker: Asker,
    silos: Silos,
    /// What keys begin with that are made here. It never changes; a silo of an older version does not
    /// tell, and is of no cell.
    key_prefix: OnceLock<Option<Arc<str>>>,
}

/// No silo is there, or none lets this edge in.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("{0:?} is no address of a silo; it takes host:port")]
    Address(String),
    #[error("the token has characters that cannot be sent")]
    Token,
    #[error("the silo at {address}: {detail}")]
    Silo {
        address: String,
        /// Whether the silo is there, and does not let this edge in.
        refused: bool,
        detail: String,
    },
}

impl Remote {
    /// `addresses` are `host:port` of silos, those for operators; one that answers is enough, for it
    /// names the others of its cluster. Learns what time it is there.
    ///
    /// # Errors
    /// When no silo answers, or none to this token.
    pub async fn connect(addresses: &[String], token: &str) -> Result<Arc<Self>, RemoteError> {
        for address in addresses {
            // Without a port the library would ask at 80, where no silo is.
            let is_url = format!("http://{address}/").parse::<hyper::Uri>().is_ok();
            if !is_url || !address.contains(':') {
                return Err(RemoteError::Address(address.clone()));
            }
        }
        let authorization = HeaderValue::try_from(format!("Bearer {token}"));
        let mut authorization = authorization.map_err(|_| RemoteError::Token)?;
        // So that it is neither logged nor kept in a table of headers (RFC 7541, 7.1.3).
        authorization.set_sensitive(true);
        let remote = Arc::new(Self {
            asker: Asker::new(authorization),
            silos: Silos::named(addresses),
            key_prefix: OnceLock::new(),
        });
        remote.find_one().await?;
        remote.look().await;
        tokio::spawn(keep_looking(Arc::downgrade(&remote)));
        Ok(remote)
    }

    /// The first answer sets the clock, and shows whether the token is taken.
    async fn find_one(&self) -> Result<(), RemoteError> {
        let mut why = RemoteError::Address(String::new());
        for peer in self.silos.in_turn(0) {
            let address = &peer.address;
            let asked = self.asker.ask(address, &Question::Readiness, ANSWER_WAIT);
            let (refused, detail) = match asked.await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => (false, error.to_string()),
                Err(error) => (matches!(error, ExchangeError::Refused(_)), error.detail()),
            };
            let address = address.clone();
            why = RemoteError::Silo {
                address,
                refused,
                detail,
            };
            if refused {
                break;
            }
        }
        Err(why)
    }

    /// Learns which silos there are. One of an older version does not know; then they stay as they are.
    async fn look(&self) {
        if let Ok(Ok(Answer::Silos(addresses))) = self
            .exchange(Question::Silos, ANSWER_WAIT, Instant::now())
            .await
        {
            self.silos.are(&addresses);
        }
        if self.key_prefix.get().is_none()
            && let Ok(Ok(Answer::KeyPrefix(prefix))) = self
                .exchange(Question::KeyPrefix, ANSWER_WAIT, Instant::now())
                .await
        {
            // Of two answers that come at once the first one counts; they are the same.
            let _ = self.key_prefix.set(prefix);
        }
    }

    /// Asks a question that has no effect, so that it may be asked again in any case.
    async fn ask(&self, question: Question, wait: Duration) -> Answered {
        let until = Instant::now() + TRY_FOR;
        let answered = self.exchange(question, wait, until).await;
        answered.unwrap_or_else(|error| {
            let detail = error.detail();
            Err(CallError::Unreachable { detail })
        })
    }

    /// Carries a question from silo to silo until one takes it: each is asked once, and all of them again
    /// until `until`. It may reach several: messages have an id by which they count once.
    async fn exchange(
        &self,
        mut question: Question,
        wait: Duration,
        until: Instant,
    ) -> Result<Answered, ExchangeError> {
        let end = Instant::now() + wait;
        let mut maybe_done = false;
        loop {
            let mut last = Err(ExchangeError::NotSent("no silo is known".to_owned()));
            for peer in self.silos.in_turn(self.asker.clock.elapsed_ms()) {
                let left = end.saturating_duration_since(Instant::now());
                question.has_left(left.saturating_sub(MARGIN));
                last = self.asker.ask(&peer.address, &question, left).await;
                match &last {
                    // Nothing was done there, and another one may do it.
                    Ok(Err(CallError::ShuttingDown | CallError::Moved)) => {}
                    Ok(_) => {
                        peer.has_answered();
                        return last;
                    }
                    Err(ExchangeError::Refused(_) | ExchangeError::TooLarge) => return last,
                    Err(ExchangeError::NotSent(_)) => {}
                    Err(ExchangeError::Unclear(_)) => maybe_done = true,
                }
                peer.has_failed(self.asker.clock.elapsed_ms());
                if Instant::now() >= end {
                    break;
                }
            }
            if Instant::now() + ASK_AGAIN >= until.min(end) {
                return match last {
                    Err(ExchangeError::NotSent(detail)) if maybe_done => {
                        Err(ExchangeError::Unclear(detail))
                    }
                    Ok(Err(error)) if maybe_done => Err(ExchangeError::Unclear(error.to_string())),
                    last => last,
                };
            }
            sleep(ASK_AGAIN).await;
        }
    }
}

/// Looks which silos there are for as long as the edge lives.
async fn keep_looking(remote: Weak<Remote>) {
    loop {
        sleep(LOOK_EVERY).await;
        let Some(remote) = remote.upgrade() else {
            return;
        };
        remote.look().await;
    }
}

fn unexpected<T>(answer: &Answer) -> Result<T, CallError> {
    let detail = format!("it answers something else: {answer:?}");
    Err(CallError::Unreachable { detail })
}

#[async_trait]
impl Transport for Remote {
    async fn deliver(&self, envelope: Envelope) -> Result<Reply, CallError> {
        let Body::Call { method, arguments } = envelope.body else {
            let detail = "an edge delivers calls only".to_owned();
            return Err(CallError::Unreachable { detail });
        };
        let id = envelope.id;
        // Deadlines of this transport are counted by its own clock, see `deadline_ms`; the silo
        // counts by another, so that what is left goes over the wire.
        let now_ms = self.asker.clock.elapsed_ms();
        let left_ms = envelope.deadline_ms.saturating_sub(now_ms);
        let question = Question::Deliver(CallMessage {
            actor_type: Arc::clone(envelope.target.actor_type()),
            key: Arc::clone(envelope.target.key()),
            method,
            arguments,
            id,
            wait_ms: left_ms,
            trace: envelope.trace,
        });
        let wait = Duration::from_millis(left_ms) + MARGIN;
        let until = Instant::now() + TRY_FOR;
        match self.exchange(question, wait, until).await {
            Ok(Ok(Answer::Reply(reply))) => Ok(reply),
            Ok(Ok(answer)) => unexpected(&answer),
            Ok(Err(error)) => Err(error),
            Err(ExchangeError::NotSent(detail) | ExchangeError::Refused(detail)) => {
                Err(CallError::Unreachable { detail })
            }
            // It may have been done: only the same message id makes it safe to ask again.
            Err(ExchangeError::Unclear(detail)) => Err(CallError::Unknown { id, detail }),
            Err(ExchangeError::TooLarge) => {
                let message = "they are more than the silo takes";
                Err(CallError::bad_argument("", message))
            }
        }
    }

    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<EventPage, CallError> {
        let question = Question::Events {
            stream: stream.to_owned(),
            key: key.to_owned(),
            after,
            limit,
        };
        match self.ask(question, ANSWER_WAIT).await? {
            Answer::Events(page) => Ok(page),
            answer => unexpected(&answer),
        }
    }

    async fn event_after(&self, stream: &str, key: &str, after: u64) {
        let question = Question::EventAfter {
            stream: stream.to_owned(),
            key: key.to_owned(),
            after,
            wait_ms: u64::try_from(EVENT_WAIT.as_millis()).unwrap_or(u64::MAX),
        };
        // The caller reads the events next, and finds out there what is wrong.
        let _ = self.ask(question, EVENT_WAIT + MARGIN).await;
    }

    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, CallError> {
        let question = Question::Actors {
            actor_type: actor_type.to_owned(),
            after: after.map(str::to_owned),
            limit,
        };
        match self.ask(question, ANSWER_WAIT).await? {
            Answer::Actors(keys) => Ok(keys),
            answer => unexpected(&answer),
        }
    }

    async fn actors_everywhere(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Everywhere, CallError> {
        let question = Question::ActorsEverywhere {
            actor_type: actor_type.to_owned(),
            after: after.map(str::to_owned),
            limit,
        };
        match self.ask(question, ANSWER_WAIT).await? {
            Answer::Everywhere(listed) => Ok(listed),
            answer => unexpected(&answer),
        }
    }

    fn key_prefix(&self) -> Option<Arc<str>> {
        self.key_prefix.get().cloned().flatten()
    }

    async fn cursor(&self, name: &str) -> Result<Option<u64>, CallError> {
        let name = name.to_owned();
        match self.ask(Question::Cursor { name }, ANSWER_WAIT).await? {
            Answer::Position(position) => Ok(position),
            answer => unexpected(&answer),
        }
    }

    async fn move_cursor(
        &self,
        name: &str,
        position: u64,
        under: &LeaseClaim,
    ) -> Result<bool, CallError> {
        let question = Question::MoveCursor {
            name: name.to_owned(),
            position,
            under: Some(under.clone()),
        };
        match self.ask(question, ANSWER_WAIT).await? {
            Answer::Changed(is_done) => Ok(is_done),
            answer => unexpected(&answer),
        }
    }

    async fn lease(&self, name: &str) -> Result<Option<LeaseRecord>, CallError> {
        let name = name.to_owned();
        match self.ask(Question::Lease { name }, ANSWER_WAIT).await? {
            Answer::Lease(record) => Ok(record),
            answer => unexpected(&answer),
        }
    }

    async fn change_lease(
        &self,
        name: &str,
        before: Option<LeaseRecord>,
        after: Option<LeaseRecord>,
    ) -> Result<bool, CallError> {
        let question = Question::ChangeLease {
            name: name.to_owned(),
            before,
            after,
        };
        match self.ask(question, ANSWER_WAIT).await? {
            Answer::Changed(is_done) => Ok(is_done),
            answer => unexpected(&answer),
        }
    }

    async fn notes(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Note>, CallError> {
        let question = Question::Notes {
            prefix: prefix.to_owned(),
            after: after.map(str::to_owned),
            limit,
        };
        match self.ask(question, ANSWER_WAIT).await? {
            Answer::Notes(notes) => Ok(notes),
            answer => unexpected(&answer),
        }
    }

    async fn set_note(
        &self,
        name: &str,
        value: Option<Bytes>,
        under: &LeaseClaim,
    ) -> Result<bool, CallError> {
        let question = Question::SetNote {
            name: name.to_owned(),
            value,
            under: under.clone(),
        };
        match self.ask(question, ANSWER_WAIT).await? {
            Answer::Changed(is_done) => Ok(is_done),
            answer => unexpected(&answer),
        }
    }

    async fn edge_keys(&self) -> Result<EdgeKeys, CallError> {
        match self.ask(Question::EdgeKeys, ANSWER_WAIT).await? {
            Answer::EdgeKeys(keys) => Ok(keys),
            answer => unexpected(&answer),
        }
    }

    async fn readiness(&self) -> Readiness {
        match self.ask(Question::Readiness, ANSWER_WAIT).await {
            Ok(Answer::Readiness(readiness)) => readiness,
            Ok(answer) => Readiness {
                ready: false,
                reasons: vec![format!("the silo answers something else: {answer:?}")],
            },
            Err(error) => Readiness {
                ready: false,
                reasons: vec![error.to_string()],
            },
        }
    }

    fn now_ms(&self) -> u64 {
        self.asker.clock.now_ms()
    }

    fn deadline_ms(&self, wait: Duration) -> u64 {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.asker.clock.elapsed_ms().saturating_add(wait_ms)
    }

    fn fresh_id(&self) -> MessageId {
        MessageId(rand::random())
    }
}
