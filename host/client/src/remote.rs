//! How an edge in another process reaches a silo: over its address for operators.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use pizza_types::{Body, CallError, Envelope, MessageId, Reply};
use tokio::time::timeout;

use crate::transport::{EventPage, Readiness, Transport};
use crate::wire::{self, Answer, Answered, CallMessage, Question};

/// How long connecting to the silo may take.
const CONNECT_WAIT: Duration = Duration::from_secs(5);
/// How much longer than a question may take its answer is waited for.
const MARGIN: Duration = Duration::from_secs(5);
/// How long an answer may take that does not wait for an actor.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// How long the silo waits for an event before it answers that there is none.
const EVENT_WAIT: Duration = Duration::from_secs(20);
/// The longest answer that is read into memory.
const ANSWER_BYTES_MAX: usize = 128 << 20;

/// A silo in another process.
pub struct Remote {
    http: Http<HttpConnector, Full<Bytes>>,
    url: String,
    authorization: HeaderValue,
    clock: SiloClock,
}

/// The silo is not there, or does not let this edge in.
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

/// Why there is no answer.
enum TransportError {
    /// The question never reached the silo.
    NotSent(String),
    /// The silo has refused the question.
    Refused(String),
    /// The question may have reached the silo.
    Unclear(String),
    TooLarge,
}

/// The silo's clock, as its answers tell it.
struct SiloClock {
    since: Instant,
    began_ms: AtomicU64,
}

impl Remote {
    /// `address` is the silo's `host:port` for operators. Learns what time it is there.
    ///
    /// # Errors
    /// When the silo does not answer, or not to this token.
    pub async fn connect(address: &str, token: &str) -> Result<Self, RemoteError> {
        let url = format!("http://{address}{}", wire::PATH);
        // Without a port the library would ask at 80, where no silo is.
        if url.parse::<hyper::Uri>().is_err() || !address.contains(':') {
            return Err(RemoteError::Address(address.to_owned()));
        }
        let authorization = HeaderValue::try_from(format!("Bearer {token}"));
        let mut authorization = authorization.map_err(|_| RemoteError::Token)?;
        // So that it is neither logged nor kept in a table of headers (RFC 7541, 7.1.3).
        authorization.set_sensitive(true);
        let mut connector = HttpConnector::new();
        // Questions are small, and each waits for its answer.
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_WAIT));
        let clock = SiloClock {
            since: Instant::now(),
            began_ms: AtomicU64::new(0),
        };
        let silo = Self {
            http: Http::builder(TokioExecutor::new()).build(connector),
            url,
            authorization,
            clock,
        };
        // The first answer sets the clock, and shows whether the token is taken.
        let (refused, detail) = match silo.exchange(&Question::Readiness, ANSWER_WAIT).await {
            Ok(Ok(_)) => return Ok(silo),
            Ok(Err(error)) => (false, error.to_string()),
            Err(error) => (matches!(error, TransportError::Refused(_)), error.detail()),
        };
        let address = address.to_owned();
        Err(RemoteError::Silo {
            address,
            refused,
            detail,
        })
    }

    /// Asks a question that has no effect, so that it may be asked again in any case.
    async fn ask(&self, question: &Question, wait: Duration) -> Answered {
        let answered = self.exchange(question, wait).await;
        answered.unwrap_or_else(|error| {
            let detail = error.detail();
            Err(CallError::Unreachable { detail })
        })
    }

    async fn exchange(
        &self,
        question: &Question,
        wait: Duration,
    ) -> Result<Answered, TransportError> {
        let body = wire::encode(question).map_err(TransportError::NotSent)?;
        let request = Request::post(&self.url)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/msgpack")
            .body(Full::from(body))
            .map_err(|error| TransportError::NotSent(error.to_string()))?;
        let late = || TransportError::Unclear(format!("no answer within {} ms", wait.as_millis()));
        let answered = async {
            let response = self.http.request(request).await.map_err(|error| {
                let text = chain(&error);
                if error.is_connect() {
                    TransportError::NotSent(text)
                } else {
                    TransportError::Unclear(text)
                }
            })?;
            self.read(response).await
        };
        timeout(wait, answered).await.map_err(|_| late())?
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Answered, TransportError> {
        let status = response.status();
        let now = response.headers().get(wire::NOW_MS);
        if let Some(now_ms) = now.and_then(|now| now.to_str().ok()?.parse().ok()) {
            self.clock.is(now_ms);
        }
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
        let body = body.collect().await;
        let body = body.map_err(|error| TransportError::Unclear(error.to_string()))?;
        let body = body.to_bytes();
        match status {
            StatusCode::OK => wire::decode(&body).map_err(TransportError::Unclear),
            // The one refusal that is about the arguments, not about this edge.
            StatusCode::PAYLOAD_TOO_LARGE => Err(TransportError::TooLarge),
            _ => {
                // It may be the page of a proxy; the beginning is enough for a log.
                let text = String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned();
                Err(TransportError::Refused(format!(
                    "it answers {status}: {text}"
                )))
            }
        }
    }
}

impl TransportError {
    fn detail(self) -> String {
        match self {
            Self::NotSent(detail) | Self::Refused(detail) | Self::Unclear(detail) => detail,
            Self::TooLarge => "the question is more than it takes".to_owned(),
        }
    }
}

impl SiloClock {
    fn is(&self, now_ms: u64) {
        // The way of the answer is not counted: a moment of error is far below any deadline.
        let began_ms = now_ms.saturating_sub(self.elapsed_ms());
        self.began_ms.store(began_ms, Ordering::Relaxed);
    }

    fn now_ms(&self) -> u64 {
        self.began_ms.load(Ordering::Relaxed) + self.elapsed_ms()
    }

    fn elapsed_ms(&self) -> u64 {
        // Half of the range, so that a sum with it does not overflow.
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }
}

/// What went wrong, with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
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
        let left_ms = envelope.deadline_ms.saturating_sub(self.clock.elapsed_ms());
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
        match self.exchange(&question, wait).await {
            Ok(Ok(Answer::Reply(reply))) => Ok(reply),
            Ok(Ok(answer)) => unexpected(&answer),
            Ok(Err(error)) => Err(error),
            Err(TransportError::NotSent(detail) | TransportError::Refused(detail)) => {
                Err(CallError::Unreachable { detail })
            }
            // It may have been done: only the same message id makes it safe to ask again.
            Err(TransportError::Unclear(detail)) => Err(CallError::Unknown { id, detail }),
            Err(TransportError::TooLarge) => {
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
        match self.ask(&question, ANSWER_WAIT).await? {
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
        let _ = self.ask(&question, EVENT_WAIT + MARGIN).await;
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
        match self.ask(&question, ANSWER_WAIT).await? {
            Answer::Actors(keys) => Ok(keys),
            answer => unexpected(&answer),
        }
    }

    async fn cursor(&self, name: &str) -> Result<Option<u64>, CallError> {
        let name = name.to_owned();
        match self.ask(&Question::Cursor { name }, ANSWER_WAIT).await? {
            Answer::Position(position) => Ok(position),
            answer => unexpected(&answer),
        }
    }

    async fn move_cursor(&self, name: &str, position: u64) -> Result<(), CallError> {
        let name = name.to_owned();
        let question = Question::MoveCursor { name, position };
        match self.ask(&question, ANSWER_WAIT).await? {
            Answer::Done => Ok(()),
            answer => unexpected(&answer),
        }
    }

    async fn readiness(&self) -> Readiness {
        match self.ask(&Question::Readiness, ANSWER_WAIT).await {
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
        self.clock.now_ms()
    }

    fn deadline_ms(&self, wait: Duration) -> u64 {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.clock.elapsed_ms().saturating_add(wait_ms)
    }

    fn fresh_id(&self) -> MessageId {
        MessageId(rand::random())
    }
}
