//! Routes, layers, and serving until told to stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware;
use axum::response::IntoResponse as _;
use pizza_client::Client;
use pizza_http::{Admission, Door, guard};
use tokio::sync::{Semaphore, watch};

use crate::config::GatewayConfig;
use crate::limit::Limits;
use crate::own::Seen;
use crate::problem::{self, Problem};
use crate::tokens::Tokens;
use crate::{cors, edge, metrics, routes};

/// What every handler may use.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

struct Inner {
    client: Client,
    config: GatewayConfig,
    closing: watch::Sender<bool>,
    /// One permit for each event stream.
    streams: Arc<Semaphore>,
    limits: Limits,
    tokens: Tokens,
    admission: Admission,
    restaurants: Seen,
    metrics: Option<Metrics>,
}

/// Gives this process's metrics, in the text that Prometheus reads.
pub type Metrics = Box<dyn Fn() -> String + Send + Sync>;

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

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    pub(crate) fn admission(&self) -> &Admission {
        &self.0.admission
    }

    pub(crate) fn restaurants(&self) -> &Seen {
        &self.0.restaurants
    }

    pub(crate) fn metrics(&self) -> Option<String> {
        let read = self.0.metrics.as_ref()?;
        let streams = &self.0.config.sse_streams_max;
        metrics::streams_open(streams - self.0.streams.available_permits());
        Some(read())
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
    pub fn new(client: Client, config: GatewayConfig, metrics: Option<Metrics>) -> Self {
        let closing = watch::Sender::new(false);
        let streams = Arc::new(Semaphore::new(config.sse_streams_max));
        crate::metrics::describe();
        let limits = Limits::new(&config);
        let tokens = Tokens::new(&config.tokens);
        let admission = config.admission();
        Self(App(Arc::new(Inner {
            client,
            config,
            closing,
            streams,
            limits,
            tokens,
            admission,
            restaurants: Seen::default(),
            metrics,
        })))
    }

    pub fn router(&self) -> Router {
        let router = routes::router(&self.0)
            .fallback(unknown_route)
            .method_not_allowed_fallback(wrong_method);
        let router = guard(router, self.0.admission().clone(), |refusal| {
            Problem::from(refusal).into_response()
        });
        let router = match cors::layer(&self.0.config().cors_origins) {
            Some(cors) => router.layer(cors),
            None => router,
        };
        router
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
/// When a listener fails.
pub async fn serve(
    gateway: Gateway,
    doors: Vec<Door>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let router = gateway.router();
    let app = gateway.0;
    let stop = async {
        stop.await;
        app.close();
    };
    pizza_http::serve(doors, router, &app.config().limits(), stop).await
}
