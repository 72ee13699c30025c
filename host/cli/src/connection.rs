//! One HTTP connection that is kept.

use std::net::SocketAddr;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// HTTP/1.1 to one address: one request at a time, and no second attempt.
pub struct Connection {
    address: SocketAddr,
    authorization: Option<HeaderValue>,
    sender: SendRequest<Full<Bytes>>,
}

/// A header of one request, beside those of every request.
pub type Header<'h> = (HeaderName, &'h HeaderValue);

/// An answer with its whole body.
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

impl Connection {
    /// Connects. `authorization` is shown with every request.
    ///
    /// # Errors
    /// When nobody listens there, or what listens does not speak HTTP.
    pub async fn open(
        address: SocketAddr,
        authorization: Option<HeaderValue>,
    ) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await;
        let stream = stream.with_context(|| {
            format!("nobody answers at {address}; is the pizzeria running, and there?")
        })?;
        // Requests are small and waited for: to gather them would only delay them.
        stream.set_nodelay(true)?;
        let (sender, io) = handshake(TokioIo::new(stream)).await?;
        // The task ends with the connection, and what went wrong shows at the sender.
        tokio::spawn(io);
        Ok(Self {
            address,
            authorization,
            sender,
        })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the connection breaks before the end of the answer.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
        headers: &[Header<'_>],
    ) -> anyhow::Result<Answer> {
        let response = self.begin(method, path, body, headers).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok(Answer { status, body })
    }

    /// Sends a request; the answer's body is yet to be read.
    ///
    /// # Errors
    /// When the connection breaks before the head of the answer.
    pub async fn begin(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
        headers: &[Header<'_>],
    ) -> anyhow::Result<Response<Incoming>> {
        self.sender.ready().await?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.address.to_string())
            .header("content-type", "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(Full::new(body))?;
        Ok(self.sender.send_request(request).await?)
    }
}
