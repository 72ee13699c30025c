//! The admin API of a running silo, from the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use http_body_util::BodyExt as _;
use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use pizza_silo::Token;
use serde_json::Value;

use crate::connection::Connection;

/// Where the silo is, and what opens its door.
#[derive(Args)]
pub(crate) struct Door {
    /// The silo's address for operators
    #[arg(
        long,
        env = "PIZZA_ADMIN",
        value_name = "ADDR",
        default_value = "127.0.0.1:5002"
    )]
    admin: SocketAddr,
    /// What the silo wants to see [default: what admin-token under the data directory holds]
    #[arg(
        long,
        env = "PIZZA_ADMIN_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    admin_token: Option<Token>,
    /// The silo's data directory, for the token
    #[arg(long, env = "PIZZA_DATA", value_name = "DIR", default_value = "./data")]
    data: PathBuf,
}

pub(crate) struct Admin(Connection);

/// The silo answered, but not with what was asked for.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    detail: String,
}

impl Door {
    /// # Errors
    /// When there is no token, or none that could be one.
    pub(crate) fn address_and_token(self) -> anyhow::Result<(SocketAddr, Token)> {
        let token = match self.admin_token {
            Some(given) => given.checked()?,
            None => Token::read_from(&self.data).with_context(|| {
                let data = self.data.display();
                format!(
                    "there is no token for the silo in its data directory {data}; --data names \
                     another directory, --admin-token and PIZZA_ADMIN_TOKEN give the token itself"
                )
            })?,
        };
        Ok((self.admin, token))
    }

    pub(crate) async fn open(self) -> anyhow::Result<Admin> {
        let (address, token) = self.address_and_token()?;
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.expose()))?;
        authorization.set_sensitive(true);
        let connection = Connection::open(address, Some(authorization)).await;
        let connection =
            connection.context("the silo cannot be reached; --admin takes its address")?;
        Ok(Admin(connection))
    }

    /// Opens it and does something behind it.
    pub(crate) fn through(
        self,
        act: impl AsyncFnOnce(Admin) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async { act(self.open().await?).await })
    }
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-module-signature");

impl Admin {
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, Bytes::new(), &[]).await
    }

    pub(crate) async fn post(
        &mut self,
        path: &str,
        body: impl Into<Bytes>,
    ) -> anyhow::Result<Value> {
        self.ask(Method::POST, path, body.into(), &[]).await
    }

    /// Puts a component there, and its signature beside it.
    pub(crate) async fn put(
        &mut self,
        path: &str,
        wasm: Bytes,
        signature: Option<&HeaderValue>,
    ) -> anyhow::Result<Value> {
        let headers: Vec<_> = signature
            .map(|value| (SIGNATURE, value))
            .into_iter()
            .collect();
        self.ask(Method::PUT, path, wasm, &headers).await
    }

    /// Posts something whose answer comes line by line, each a JSON value.
    pub(crate) async fn lines(
        &mut self,
        path: &str,
        body: Bytes,
        signature: Option<&HeaderValue>,
        line: &mut dyn FnMut(Value),
    ) -> anyhow::Result<()> {
        let headers: Vec<_> = signature
            .map(|value| (SIGNATURE, value))
            .into_iter()
            .collect();
        let mut response = self.0.begin(Method::POST, path, body, &headers).await?;
        let status = response.status().as_u16();
        let mut pending = Vec::new();
        while let Some(frame) = response.body_mut().frame().await {
            if let Some(data) = frame?.data_ref() {
                pending.extend_from_slice(data);
            }
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

    pub(crate) async fn delete(&mut self, path: &str) -> anyhow::Result<()> {
        self.ask(Method::DELETE, path, Bytes::new(), &[]).await?;
        Ok(())
    }

    /// # Errors
    /// A [`Refusal`] when the silo answers with a problem.
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
            if answer.body.is_empty() {
                return Ok(Value::Null);
            }
            return serde_json::from_slice(&answer.body).context("the silo's answer is no JSON");
        }
        Err(Refusal::of(status, &answer.body).into())
    }
}

impl Refusal {
    fn of(status: u16, body: &[u8]) -> Self {
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
