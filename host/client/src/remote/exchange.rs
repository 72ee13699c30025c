//! One question to one silo over its address for operators, and its answer.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use super::clock::SiloClock;
use crate::wire::{self, Answered, Question};

/// How long connecting to a silo may take.
const CONNECT_WAIT: Duration = Duration::from_secs(2);
/// The longest answer that is read into memory.
const ANSWER_BYTES_MAX: usize = 128 << 20;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum ExchangeError {
    /// The question never reached the silo.
    NotSent(String),
    /// The silo has refused the question.
    Refused(String),
    /// The question may have reached the silo.
    Unclear(String),
    TooLarge,
}

impl ExchangeError {
    pub(super) fn detail(self) -> String {
        match self {
            Self::NotSent(detail) | Self::Refused(detail) | Self::Unclear(detail) => detail,
            Self::TooLarge => "the question is more than it takes".to_owned(),
        }
    }
}

/// Asks, with the edge's token.
pub(super) struct Asker {
    http: Http<HttpConnector, Full<Bytes>>,
    authorization: HeaderValue,
    pub(super) clock: SiloClock,
}

impl Asker {
    pub(super) fn new(authorization: HeaderValue) -> Self {
        let mut connector = HttpConnector::new();
        // Questions are small, and each waits for its answer.
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_WAIT));
        Self {
            http: Http::builder(TokioExecutor::new()).build(connector),
            authorization,
            clock: SiloClock::begin(),
        }
    }

    /// Asks the silo at `address`, and waits for its answer for as long as `wait`.
    pub(super) async fn ask(
        &self,
        address: &str,
        question: &Question,
        wait: Duration,
    ) -> Result<Answered, ExchangeError> {
        let body = wire::encode(question).map_err(ExchangeError::NotSent)?;
        let request = Request::post(format!("http://{address}{}", wire::PATH))
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/msgpack")
            .body(Full::from(body))
            .map_err(|error| ExchangeError::NotSent(error.to_string()))?;
        let late = || ExchangeError::Unclear(format!("no answer within {} ms", wait.as_millis()));
        let answered = async {
            let response = self.http.request(request).await.map_err(|error| {
                let text = chain(&error);
                if error.is_connect() {
                    ExchangeError::NotSent(text)
                } else {
                    ExchangeError::Unclear(text)
                }
            })?;
            self.read(response).await
        };
        timeout(wait, answered).await.map_err(|_| late())?
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Answered, ExchangeError> {
        let status = response.status();
        let now = response.headers().get(wire::NOW_MS);
        if let Some(now_ms) = now.and_then(|now| now.to_str().ok()?.parse().ok()) {
            self.clock.is(now_ms);
        }
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX);
        let body = body.collect().await;
        let body = body.map_err(|error| ExchangeError::Unclear(error.to_string()))?;
        let body = body.to_bytes();
        match status {
            StatusCode::OK => wire::decode(&body).map_err(ExchangeError::Unclear),
            // The one refusal that is about the arguments, not about this edge.
            StatusCode::PAYLOAD_TOO_LARGE => Err(ExchangeError::TooLarge),
            _ => {
                // It may be the page of a proxy; the beginning is enough for a log.
                let text = String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned();
                Err(ExchangeError::Refused(format!(
                    "it answers {status}: {text}"
                )))
            }
        }
    }
}

/// What went wrong, with all its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
