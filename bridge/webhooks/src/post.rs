//! One message, posted once: to an address that is looked at first, and nowhere else.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::endpoint::Endpoint;
use crate::message::Message;

/// How much of an answer is read; a longer one ends its connection.
const ANSWER_BYTES_MAX: usize = 16 << 10;
/// How much of it is shown.
const SHOWN_CHARACTERS_MAX: usize = 200;
/// How long a connection that nobody has used is used again.
const IDLE_MAX: Duration = Duration::from_secs(5);
const AGENT: &str = concat!("awesome-pizza/", env!("CARGO_PKG_VERSION"));

/// What a receiver has answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<String>,
    /// The beginning of its body, on one line.
    pub(crate) text: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostError {
    #[error("{host} cannot be resolved: {why}")]
    Resolve { host: String, why: io::Error },
    #[error(
        "{host} is at {address}, inside a network that is not in allow_private: nothing was sent"
    )]
    Inside { host: String, address: IpAddr },
    #[error("nobody answers at {address}: {why}")]
    Connect { address: SocketAddr, why: io::Error },
    #[error("no TLS with {address}: {why}")]
    Tls { address: SocketAddr, why: io::Error },
    #[error("the connection broke: {0}")]
    Broken(#[from] hyper::Error),
    #[error("a header cannot be made of this")]
    Header,
    #[error("no answer within {0} ms")]
    Late(u64),
}

/// Posts messages one after the other, and keeps the connection in between.
pub(crate) struct Poster {
    endpoint: Arc<Endpoint>,
    kept: Option<Kept>,
}

struct Kept {
    sender: SendRequest<Full<Bytes>>,
    used: Instant,
}

impl Poster {
    pub(crate) fn new(endpoint: Arc<Endpoint>) -> Self {
        let kept = None;
        Self { endpoint, kept }
    }

    /// Posts a message, signed with this time in seconds since 1970.
    pub(crate) async fn post(
        &mut self,
        message: &Message,
        timestamp_s: u64,
    ) -> Result<Answer, PostError> {
        let wait_ms = self.endpoint.config.timeout_ms;
        let request = self.request(message, timestamp_s)?;
        let answered = timeout(Duration::from_millis(wait_ms), self.exchange(&request)).await;
        answered.unwrap_or(Err(PostError::Late(wait_ms)))
    }

    fn request(
        &self,
        message: &Message,
        timestamp_s: u64,
    ) -> Result<Request<Full<Bytes>>, PostError> {
        let Endpoint {
            destination,
            signer,
            ..
        } = &*self.endpoint;
        let Message { id, body } = message;
        let signatures = signer.signatures(id, timestamp_s, body);
        let request = Request::post(&destination.path)
            .header(HOST, &destination.host_header)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, HeaderValue::from_static(AGENT))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s)
            .header("webhook-signature", signatures)
            .body(Full::new(body.clone()));
        request.map_err(|_| PostError::Header)
    }

    async fn exchange(&mut self, request: &Request<Full<Bytes>>) -> Result<Answer, PostError> {
        if let Some(mut kept) = self.kept.take()
            && kept.used.elapsed() < IDLE_MAX
            && kept.sender.ready().await.is_ok()
            // Where it was closed meanwhile nobody can tell whether the message came: it has its id.
            && let Ok(response) = kept.sender.send_request(request.clone()).await
        {
            return Ok(self.read(response, kept.sender).await);
        }
        let mut sender = self.connect().await?;
        let response = sender.send_request(request.clone()).await?;
        Ok(self.read(response, sender).await)
    }

    /// The answer. The status is all that counts: what is wrong with the body harms nobody.
    async fn read(
        &mut self,
        response: Response<Incoming>,
        sender: SendRequest<Full<Bytes>>,
    ) -> Answer {
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        if body.is_ok() {
            let used = Instant::now();
            self.kept = Some(Kept { sender, used });
        }
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        let retry_after = head.headers.get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok());
        Answer {
            status: head.status,
            retry_after: retry_after.map(str::to_owned),
            text: line(&body),
        }
    }

    /// Connects to an address of the receiver: the one that was looked at, not what its name leads to then.
    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, PostError> {
        let to = &self.endpoint.destination;
        let resolved = lookup_host((to.host.as_str(), to.port)).await;
        let unresolved = |why| {
            let host = to.host.clone();
            PostError::Resolve { host, why }
        };
        let mut last = unresolved(io::ErrorKind::NotFound.into());
        for address in resolved.map_err(unresolved)? {
            if !self.endpoint.allowed.has(address.ip()) {
                let (host, address) = (to.host.clone(), address.ip());
                last = PostError::Inside { host, address };
                continue;
            }
            match self.connect_to(address).await {
                Ok(sender) => return Ok(sender),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn connect_to(&self, address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, PostError> {
        let connected = TcpStream::connect(address).await;
        let stream = connected.map_err(|why| PostError::Connect { address, why })?;
        // A request is small and waited for: to gather it would only delay it.
        let _ = stream.set_nodelay(true);
        let Endpoint {
            destination, tls, ..
        } = &*self.endpoint;
        let (Some(tls), Some(name)) = (tls, &destination.name) else {
            return spoken(stream).await;
        };
        let greeted = TlsConnector::from(tls.now()).connect(name.clone(), stream);
        let stream = greeted.await;
        spoken(stream.map_err(|why| PostError::Tls { address, why })?).await
    }
}

/// HTTP on a connection.
async fn spoken<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, PostError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with its sender, and what went wrong shows there.
    tokio::spawn(connection);
    Ok(sender)
}

/// The beginning of a text, on one line and without what a terminal would obey.
fn line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let printable = line.chars().filter(|c| !c.is_control());
    printable.take(SHOWN_CHARACTERS_MAX).collect()
}
