//! Routes, layers, and serving until told to stop.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use pizza_client::Client;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;

use crate::config::GatewayConfig;
use crate::problem::Problem;
use crate::{request_id, routes};

/// What every handler may use.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

struct Inner {
    client: Client,
    config: GatewayConfig,
    closing: watch::Sender<bool>,
}

impl App {
    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    pub(crate) fn config(&self) -> &GatewayConfig {
        &self.0.config
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
        Self(App(Arc::new(Inner {
            client,
            config,
            closing,
        })))
    }

    pub fn router(&self) -> Router {
        let app = self.0.clone();
        routes::all()
            .fallback(unknown_route)
            .method_not_allowed_fallback(wrong_method)
            .layer(CatchPanicLayer::custom(|_| panicked()))
            .layer(middleware::from_fn_with_state(
                app.clone(),
                request_id::layer,
            ))
            .with_state(app)
    }
}

async fn unknown_route(uri: axum::http::Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}", uri.path()))
}

async fn wrong_method(method: axum::http::Method, uri: axum::http::Uri) -> Problem {
    let detail = format!("{method} is not possible at {}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
}

fn panicked() -> axum::response::Response {
    use axum::response::IntoResponse;
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Problem::new(status, "internal", "the gateway made a mistake").into_response()
}

/// Serves until `stop` resolves; then takes nothing new, ends event streams, and gives
/// requests in progress their time.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    gateway: Gateway,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let app = gateway.0.clone();
    let drain = Duration::from_millis(app.config().drain_ms);
    let (stopped, mut stopping) = watch::channel(false);
    let closing = app.clone();
    let graceful = async move {
        stop.await;
        closing.0.closing.send_replace(true);
        stopped.send_replace(true);
    };
    let server = axum::serve(listener, gateway.router()).with_graceful_shutdown(graceful);
    let patience = async move {
        drop(stopping.wait_for(|stopping| *stopping).await);
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        result = server => result,
        () = patience => Ok(()),
    }
}
