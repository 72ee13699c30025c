//! How an edge asks what is for operators alone: over the silos' addresses for operators, with the
//! token of operators, whether a silo is in this process or in another one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use crate::remote::RemoteError;
use crate::silos::Silos;

/// How long connecting to a silo may take.
const CONNECT_WAIT: Duration = Duration::from_secs(2);

/// The silos, and the token of those who may do everything to them.
pub struct Operators {
    http: Http<HttpConnector, Full<Bytes>>,
    authorization: HeaderValue,
    silos: Silos,
    begun: Instant,
}

/// What is asked, of any silo or of a certain one. It may be asked again of another one, and so has its
/// body in memory.
#[derive(Debug, Clone)]
pub struct Inquiry {
    pub method: Method,
    /// The path, with the query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// How long the head of the answer is waited for.
    pub wait: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OperatorsError {
    #[error("the silo at {address} does not take this token for that of operators")]
    Refused { address: String },
    /// Nothing was asked of any silo.
    #[error("no silo can be reached: {detail}")]
    NotSent { detail: String },
    /// It was asked, and maybe done.
    #[error("the silo at {address} did not answer: {detail}")]
    Unclear { address: String, detail: String },
}

impl Inquiry {
    /// Reads something, for no longer than `wait`.
    #[must_use]
    pub fn get(path: impl Into<String>, wait: Duration) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            wait,
        }
    }
}

impl Operators {
    /// `addresses` are `host:port` of silos, those for operators. Nobody is asked yet.
    ///
    /// # Errors
    /// When an address is none, or the token cannot be sent in a header.
    pub fn of(addresses: &[String], token: &str) -> Result<Arc<Self>, RemoteError> {
        for address in addresses {
            let is_url = format!("http://{address}/").parse::<hyper::Uri>().is_ok();
            if !is_url || !address.contains(':') {
                return Err(RemoteError::Address(address.clone()));
            }
        }
        let authorization = HeaderValue::try_from(format!("Bearer {token}"));
        let mut authorization = authorization.map_err(|_| RemoteError::Token)?;
        // Kept out of whatever prints headers.
        authorization.set_sensitive(true);
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(CONNECT_WAIT));
        Ok(Arc::new(Self {
            http: Http::builder(TokioExecutor::new()).build(connector),
            authorization,
            silos: Silos::named(addresses),
            begun: Instant::now(),
        }))
    }

    /// Takes over where the silos are, as one of them says; none says nothing.
    pub fn are(&self, addresses: &[String]) {
        self.silos.are(addresses);
    }

    /// Asks the silos in turn until one answers. What may change something is asked of another one only
    /// where it certainly was not asked of the one before.
    ///
    /// # Errors
    /// Why none of them did.
    pub async fn ask(&self, inquiry: &Inquiry) -> Result<Response<Incoming>, OperatorsError> {
        let detail = "none is known".to_owned();
        let mut last = OperatorsError::NotSent { detail };
        for peer in self.silos.in_turn(self.elapsed_ms()) {
            match self.ask_at(&peer.address, inquiry).await {
                Ok(answer) => {
                    peer.has_answered();
                    return Ok(answer);
                }
                Err(error @ OperatorsError::Refused { .. }) => return Err(error),
                Err(error) => {
                    peer.has_failed(self.elapsed_ms());
                    let is_done = matches!(error, OperatorsError::Unclear { .. });
                    last = error;
                    if is_done && inquiry.method != Method::GET {
                        break;
                    }
                }
            }
        }
        Err(last)
    }

    /// Asks the silo at an address.
    ///
    /// # Errors
    /// Why it does not answer.
    pub async fn ask_at(
        &self,
        address: &str,
        inquiry: &Inquiry,
    ) -> Result<Response<Incoming>, OperatorsError> {
        let Inquiry {
            method,
            path,
            headers,
            body,
            wait,
        } = inquiry.clone();
        let mut request = Request::new(Full::from(body));
        let uri = format!("http://{address}{path}").parse();
        *request.uri_mut() = uri.map_err(|_| OperatorsError::NotSent {
            detail: format!("{address:?} and {path:?} make no URL"),
        })?;
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        let authorization = self.authorization.clone();
        request.headers_mut().insert(AUTHORIZATION, authorization);
        let unclear = |detail: String| OperatorsError::Unclear {
            address: address.to_owned(),
            detail,
        };
        let late = |_| unclear(format!("nothing came within {} ms", wait.as_millis()));
        let answered = timeout(wait, self.http.request(request)).await;
        let answer = answered.map_err(late)?.map_err(|error| {
            let detail = crate::remote::chain(&error);
            if error.is_connect() {
                OperatorsError::NotSent { detail }
            } else {
                unclear(detail)
            }
        })?;
        if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status()) {
            let address = address.to_owned();
            return Err(OperatorsError::Refused { address });
        }
        Ok(answer)
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
