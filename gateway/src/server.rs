//! Routes, layers, and serving until told to stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware;
use pizza_client::Client;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::config::GatewayConfig;
use crate::problem::{self, Problem};
use crate::{connections, edge, routes};

/// What every handler may use.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

struct Inner {
    client: Client,
    config: GatewayConfig,
    closing: watch::Sender<bool>,
    /// One permit for each event stream.
    streams: Arc<Semaphore>,
}

impl App {
    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) fn config(&self) -> &GatewayConfig {
        &self.0.config
    }

    pub(crate) fn streams(&self) -> &Arc<Semaphore> {
        &self.0.streams
    }

    pub(crate) fn call_max(&self) -> Duration {
        Duration::from_millis(self.0.config.call_ms_max)
    }

    pub(crate) fn close(&self) {
        self.0.closing.send_replace(true);
    }

    /// Returns when the gateway stops, so that streams without an end come to one.
    pub(crate) async fn closed(&self) {
        let mut closing = self.0.closing.subscribe();
        // The sender lives in `self`.
        drop(closing.wait_for(|closing| *closing).await);
    }
}

pub struct Gateway(App);

impl Gateway {
    #[must_use]
    pub fn new(client: Client, config: GatewayConfig) -> Self {
        let closing = watch::Sender::new(false);
        let streams = Arc::new(Semaphore::new(config.sse_streams_max));
        Self(App(Arc::new(Inner {
            client,
            config,
            closing,
            streams,
        })))
    }

    pub fn router(&self) -> Router {
        routes::all()
            .fallback(unknown_route)
            .method_not_allowed_fallback(wrong_method)
            .layer(middleware::from_fn(edge::layer))
            .with_state(self.0.clone())
    }
}

async fn unknown_route(uri: Uri) -> Problem {
    Problem::new(
        problem::NOT_FOUND,
        format!("there is nothing at {}", uri.path()),
    )
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{method} is not possible at {}", uri.path());
    Problem::new(problem::METHOD, detail)
}

/// Serves until `stop` resolves; then takes nothing new, ends event streams, and gives
/// requests in progress their time.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    gateway: Gateway,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let router = gateway.router();
    let app = gateway.0;
    let stop = async {
        stop.await;
        app.close();
    };
    connections::serve(listener, router, app.config(), stop).await
}
