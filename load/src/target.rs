//! A running pizzeria, as its customers reach it.

use std::net::SocketAddr;

use clap::Args;
use hyper::header::HeaderValue;
use pizza_cli::address;
use pizza_cli::connection::Connection;

use crate::lean_connection::{LeanConnection, Template};

/// Where a pizzeria is, and with which token it is asked.
#[derive(Args, Clone)]
pub(crate) struct Target {
    /// The pizzeria's address
    #[arg(
        long,
        env = "PIZZA_TO",
        default_value = "127.0.0.1:5000",
        value_name = "ADDR",
        value_parser = address::parse
    )]
    to: SocketAddr,
    /// The bearer token to show, of an admin; from the pizzeria's own machine none is needed
    #[arg(
        long,
        env = "PIZZA_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        value_parser = bearer
    )]
    token: Option<HeaderValue>,
}

impl Target {
    /// # Errors
    /// When the token is none.
    pub(crate) fn new(to: SocketAddr, token: Option<&str>) -> anyhow::Result<Self> {
        let token = token.map(bearer).transpose().map_err(anyhow::Error::msg)?;
        Ok(Self { to, token })
    }

    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.to, self.token.clone()).await
    }

    /// A connection for load, to which requests are bytes.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(crate) async fn connect_lean(&self) -> anyhow::Result<LeanConnection> {
        LeanConnection::open(self.to).await
    }

    /// A request for such a connection; in its path and its body `{n}` stands for its number, and
    /// `{key}` for that of an actor.
    pub(crate) fn template(&self, method: &str, path: &str, body: &str) -> Template {
        // It was made of text.
        let token = self.token.as_ref().and_then(|token| token.to_str().ok());
        Template::new(self.to, token, method, path, body)
    }
}

fn bearer(token: &str) -> Result<HeaderValue, String> {
    let value = HeaderValue::try_from(format!("Bearer {token}"));
    let mut value = value.map_err(|_| "a token is of visible characters".to_owned())?;
    // Keeps the token out of whatever prints headers.
    value.set_sensitive(true);
    Ok(value)
}
