//! A client that asks again until it is answered. A command goes out with the same
//! `Idempotency-Key` each time, so that it happens once, whatever becomes of the pizzeria
//! in between.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Response, StatusCode};
use pizza_cli::connection::{Connection, Header};
use pizza_types::backoff;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::target::Target;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The pauses between two attempts, in milliseconds: the first one, and the longest.
const PAUSE_FIRST_MS: u64 = 20;
const PAUSE_LONGEST_MS: u64 = 1_000;
/// Longer than the pizzeria waits for its actors.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);

pub(crate) struct RetryingClient {
    target: Target,
    /// A request that has had no answer for this long is given up.
    patience: Duration,
    connection: Option<Connection>,
    shared: Arc<Shared>,
}

/// What all connections of one run to a pizzeria share.
struct Shared {
    /// Tells the keys of this run from those of any other.
    run: u64,
    /// The number of the next command, so that each has a key of its own.
    keys: AtomicU64,
    /// How many requests were sent again, over all connections.
    repeats: AtomicU64,
}

/// The answer in the end: its status and its body, null where it has none.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// A request that is sent again until it is answered.
struct Question<'q> {
    method: Method,
    path: &'q str,
    body: Bytes,
    headers: &'q [Header<'q>],
}

impl RetryingClient {
    pub(crate) fn new(target: Target, patience: Duration) -> Self {
        let shared = Shared {
            // The only randomness of the standard library: its hashers are seeded by the system.
            run: RandomState::new().hash_one("run"),
            keys: AtomicU64::new(0),
            repeats: AtomicU64::new(0),
        };
        Self {
            target,
            patience,
            connection: None,
            shared: Arc::new(shared),
        }
    }

    /// Another client of the same run, with a connection of its own.
    pub(crate) fn another(&self) -> Self {
        Self {
            target: self.target.clone(),
            patience: self.patience,
            connection: None,
            shared: Arc::clone(&self.shared),
        }
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// How many requests had to be sent again, over all connections.
    pub(crate) fn repeats(&self) -> u64 {
        self.shared.repeats.load(Ordering::Relaxed)
    }

    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answered> {
        self.ask(Method::GET, path, Bytes::new(), &[]).await
    }

    pub(crate) async fn command(
        &mut self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Answered> {
        // One key for all attempts of this command, and for no other command.
        let number = self.shared.keys.fetch_add(1, Ordering::Relaxed);
        let key = format!("{:016x}-{number}", self.shared.run);
        let key = HeaderValue::try_from(key)?;
        let headers = [(IDEMPOTENCY_KEY, &key)];
        let body = body.to_string().into();
        self.ask(method, path, body, &headers).await
    }

    /// Sends a command that must succeed: an answer that declines it is an error.
    pub(crate) async fn tell(
        &mut self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Value> {
        self.command(method, path, body).await?.granted(path)
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
        headers: &[Header<'_>],
    ) -> anyhow::Result<Answered> {
        let question = Question {
            method,
            path,
            body,
            headers,
        };
        // One patience for all attempts, however many connections they take.
        let begun = Instant::now();
        loop {
            let response = self.response(&question, begun).await?;
            let status = response.status();
            match timeout(ANSWER_WITHIN, response.into_body().collect()).await {
                Ok(Ok(body)) => {
                    let body = body.to_bytes();
                    let body = if body.is_empty() {
                        Value::Null
                    } else {
                        serde_json::from_slice(&body)
                            .with_context(|| format!("{path}: the answer is no JSON"))?
                    };
                    return Ok(Answered { status, body });
                }
                // It broke off in the middle.
                _ => self.connection = None,
            }
        }
    }

    /// The beginning of an answer whose body has no end, like that of an event stream.
    pub(crate) async fn stream(
        &mut self,
        path: &str,
        headers: &[Header<'_>],
    ) -> anyhow::Result<Response<Incoming>> {
        // The one before may still be in the middle of its own stream.
        self.connection = None;
        let question = Question {
            method: Method::GET,
            path,
            body: Bytes::new(),
            headers,
        };
        self.response(&question, Instant::now()).await
    }

    async fn response(
        &mut self,
        question: &Question<'_>,
        begun: Instant,
    ) -> anyhow::Result<Response<Incoming>> {
        let mut tries = 0;
        loop {
            let response = timeout(ANSWER_WITHIN, self.attempt(question)).await;
            let response = response.unwrap_or_else(|_| bail!("no answer came"));
            let (problem, wait) = match response {
                Ok(response) if !is_passing(response.status()) => return Ok(response),
                Ok(response) => {
                    let problem = anyhow::anyhow!("the answer is {}", response.status());
                    (problem, retry_after(response.headers()))
                }
                Err(error) => (error, None),
            };
            // What is left of an answer that nobody reads must not be taken for the next.
            self.connection = None;
            if begun.elapsed() >= self.patience {
                let (method, path) = (&question.method, question.path);
                let asked_s = begun.elapsed().as_secs();
                return Err(problem.context(format!("{method} {path}: in vain for {asked_s} s")));
            }
            let pause = || {
                let chance = rand::random();
                let ms = backoff::pause_ms(PAUSE_FIRST_MS, PAUSE_LONGEST_MS, tries, chance);
                Duration::from_millis(ms)
            };
            sleep(wait.unwrap_or_else(pause)).await;
            tries += 1;
            self.shared.repeats.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn attempt(&mut self, question: &Question<'_>) -> anyhow::Result<Response<Incoming>> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.target.connect().await?,
        };
        let connection = self.connection.insert(connection);
        let (method, body) = (question.method.clone(), question.body.clone());
        let response = connection.begin(method, question.path, body, question.headers);
        response.await
    }
}

impl Answered {
    /// # Errors
    /// When the request was declined or failed.
    pub(crate) fn granted(self, path: &str) -> anyhow::Result<Value> {
        let Self { status, body } = self;
        if status.is_success() {
            return Ok(body);
        }
        let detail = body["detail"].as_str().unwrap_or("it does not say why");
        bail!("{path} answers {status}: {detail}")
    }
}

/// How long the server wants to be left alone, if it says so in seconds (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Whether the answer may be another one a little later.
fn is_passing(status: StatusCode) -> bool {
    // Timeouts, overload, and gateways that do not reach the pizzeria.
    matches!(status.as_u16(), 408 | 429 | 502 | 503 | 504 | 507)
}
