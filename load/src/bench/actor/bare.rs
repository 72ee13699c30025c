//! A bare axum: it parses what it is sent and answers what it was told to, and that is all. It
//! runs in a process of its own, on the same cores as the pizzeria, so that its CPU time is its
//! own, too.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::Context as _;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::Args;
use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;

use super::super::{cpu, metrics};
use crate::target::Target;

/// The verb by which the program starts itself once more.
pub(crate) const VERB: &str = "bare-axum";

/// The server, as a verb that only this program calls.
#[derive(Args)]
pub struct BareAxum {
    /// What to answer, by method; null is no content
    #[arg(long, value_name = "JSON")]
    answers: String,
}

/// The running server; it ends with this value.
pub(super) struct Child {
    pub(super) target: Target,
    _process: tokio::process::Child,
}

impl Child {
    /// # Errors
    /// When it does not start.
    pub(super) async fn start(answers: &Value) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program")?;
        let mut process = Command::new(program)
            .args(["bench", VERB, "--answers", &answers.to_string()])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("a bare axum")?;
        let stdout = process.stdout.take().context("its output")?;
        let line = BufReader::new(stdout).lines().next_line().await?;
        let address = line.context("a bare axum ended at once")?;
        let address: SocketAddr = address.parse().context("the address of a bare axum")?;
        Ok(Self {
            target: Target::new(address, None)?,
            _process: process,
        })
    }
}

impl BareAxum {
    /// Says where it listens, and serves until it is killed.
    ///
    /// # Errors
    /// When it cannot listen.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let answers: Map<String, Value> = serde_json::from_str(&self.answers)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        let router = Router::new()
            .route("/api/actors/{type}/{key}/{method}", post(answer))
            .route("/metrics", get(own_metrics))
            .with_state(Arc::new(answers));
        axum::serve(
            axum::serve::ListenerExt::tap_io(listener, |stream| {
                // As the pizzeria has it. Without it answers would only be slower.
                let _ = stream.set_nodelay(true);
            }),
            router,
        )
        .await?;
        Ok(())
    }
}

async fn answer(
    State(answers): State<Arc<Map<String, Value>>>,
    Path((_, _, method)): Path<(String, String, String)>,
    body: Bytes,
) -> Response {
    if !body.is_empty() && serde_json::from_slice::<Value>(&body).is_err() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    match answers.get(&method) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Value::Null) => StatusCode::NO_CONTENT.into_response(),
        Some(answer) => Json(answer).into_response(),
    }
}

/// Its CPU time, by the name under which the pizzeria says its own.
async fn own_metrics() -> String {
    format!("{} {}\n", metrics::CPU_SECONDS, cpu::of_this_process())
}
