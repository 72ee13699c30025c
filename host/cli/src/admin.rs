//! The admin API of a running silo.

use std::net::SocketAddr;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Response};
use serde_json::Value;

use crate::connection::Connection;

/// A connection to a silo's address for operators, with a token that it takes.
pub struct Admin(Connection);

/// The silo answered, but not with what was asked for.
#[derive(Debug)]
pub struct Refusal {
    /// The HTTP status of the answer.
    pub status: u16,
    detail: String,
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-module-signature");

impl Admin {
    /// Connects; whether the token is taken shows at the first question.
    ///
    /// # Errors
    /// When the silo cannot be reached, or the token cannot be sent in a header.
    pub async fn open(address: SocketAddr, token: &str) -> anyhow::Result<Self> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {token}"))?;
        // Kept out of whatever prints headers.
        authorization.set_sensitive(true);
        let connection = Connection::open(address, Some(authorization)).await;
        let connection =
            connection.context("the silo cannot be reached; --admin takes its address")?;
        Ok(Self(connection))
    }

    /// Reads something.
    ///
    /// # Errors
    /// A [`Refusal`] when the silo answers with a problem; otherwise what broke.
    pub async fn get(&mut self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, Bytes::new(), &[]).await
    }

    /// Posts a body, and returns the answer.
    ///
    /// # Errors
    /// A [`Refusal`] when the silo answers with a problem; otherwise what broke.
    pub async fn post(&mut self, path: &str, body: impl Into<Bytes>) -> anyhow::Result<Value> {
        self.ask(Method::POST, path, body.into(), &[]).await
    }

    /// Puts a component there, and its signature beside it.
    ///
    /// # Errors
    /// A [`Refusal`] when the silo answers with a problem; otherwise what broke.
    pub async fn put(
        &mut self,
        path: &str,
        wasm: Bytes,
        signature: Option<&HeaderValue>,
    ) -> anyhow::Result<Value> {
        self.ask(Method::PUT, path, wasm, &signed(signature)).await
    }

    /// Posts something whose answer comes line by line, each a JSON value.
    ///
    /// # Errors
    /// A [`Refusal`] when the silo answers with a problem; otherwise what broke.
    pub async fn lines(
        &mut self,
        path: &str,
        body: Bytes,
        signature: Option<&HeaderValue>,
        line: &mut dyn FnMut(Value),
    ) -> anyhow::Result<()> {
        let headers = signed(signature);
        let response = self.0.begin(Method::POST, path, body, &headers).await?;
        read_lines(response, line).await
    }

    /// Gets something that goes on for as long as both sides are there, line by line.
    ///
    /// # Errors
    /// A [`Refusal`] when the silo answers with a problem; otherwise what broke.
    pub async fn follow(
        &mut self,
        path: &str,
        line: &mut (dyn FnMut(Value) + Send),
    ) -> anyhow::Result<()> {
        let response = self.0.begin(Method::GET, path, Bytes::new(), &[]).await?;
        read_lines(response, line).await
    }

    /// Gets something large; `piece` hears each part of it as it comes.
    ///
    /// # Errors
    /// A [`Refusal`] when the silo answers with a problem; what broke, also when that was before the end;
    /// what `piece` says.
    pub async fn pieces(
        &mut self,
        path: &str,
        piece: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut response = self.0.begin(Method::GET, path, Bytes::new(), &[]).await?;
        let status = response.status().as_u16();
        if status >= 300 {
            let body = response.into_body().collect().await?.to_bytes();
            return Err(Refusal::of(status, &body).into());
        }
        while let Some(frame) = response.body_mut().frame().await {
            let frame = frame.context("the silo broke off before the end")?;
            if let Some(data) = frame.data_ref() {
                piece(data)?;
            }
        }
        Ok(())
    }

    /// Deletes something.
    ///
    /// # Errors
    /// A [`Refusal`] when the silo answers with a problem; otherwise what broke.
    pub async fn delete(&mut self, path: &str) -> anyhow::Result<()> {
        self.ask(Method::DELETE, path, Bytes::new(), &[]).await?;
        Ok(())
    }

    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
        headers: &[(HeaderName, &HeaderValue)],
    ) -> anyhow::Result<Value> {
        let answer = self.0.send(method, path, body, headers).await?;
        let status = answer.status;
        if status < 300 {
            // What is done and has nothing to tell answers without a body.
            if answer.body.is_empty() {
                return Ok(Value::Null);
            }
            return serde_json::from_slice(&answer.body).context("the silo's answer is no JSON");
        }
        Err(Refusal::of(status, &answer.body).into())
    }
}

async fn read_lines<L: FnMut(Value) + ?Sized>(
    mut response: Response<Incoming>,
    line: &mut L,
) -> anyhow::Result<()> {
    let status = response.status().as_u16();
    let mut pending = Vec::new();
    while let Some(frame) = response.body_mut().frame().await {
        if let Some(data) = frame?.data_ref() {
            pending.extend_from_slice(data);
        }
        // A frame ends anywhere; only a newline ends a line. A problem is one document
        // and is gathered whole.
        while status < 300
            && let Some(end) = pending.iter().position(|byte| *byte == b'\n')
        {
            let rest = pending.split_off(end + 1);
            line(serde_json::from_slice(&pending)?);
            pending = rest;
        }
    }
    if status < 300 {
        return Ok(());
    }
    Err(Refusal::of(status, &pending).into())
}

fn signed(signature: Option<&HeaderValue>) -> Vec<(HeaderName, &HeaderValue)> {
    let signature = signature.map(|value| (SIGNATURE, value));
    signature.into_iter().collect()
}

impl Refusal {
    fn of(status: u16, body: &[u8]) -> Self {
        // A problem of RFC 9457, or whatever a proxy in between has to say.
        let problem: Value = serde_json::from_slice(body).unwrap_or_default();
        let detail = match problem["detail"].as_str() {
            Some(detail) => detail.to_owned(),
            None => String::from_utf8_lossy(body).into_owned(),
        };
        Self { status, detail }
    }
}

impl std::error::Error for Refusal {}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, detail } = self;
        match status {
            401 => write!(
                f,
                "the silo does not take this token: {detail}. --admin-token and PIZZA_ADMIN_TOKEN \
                 give another; without them it is read from admin-token under --data"
            ),
            _ => write!(f, "the silo answers {status}: {detail}"),
        }
    }
}
