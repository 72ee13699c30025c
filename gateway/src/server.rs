//! Routes, layers, and serving until told to stop.

use std::io;

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware;
use axum::response::IntoResponse as _;
use pizza_client::Client;
use pizza_http::{Listener, with_admission};

use crate::app::{App, Provided};
use crate::config::GatewayConfig;
use crate::openapi::{self, Document};
use crate::problem::{self, Problem};
use crate::shared_limits::SharedLimits;
use crate::{coding, cors, edge, routes};

/// The gateway, ready to serve.
pub struct Gateway(App);

impl Gateway {
    /// A gateway that reaches its actors by `client`.
    #[must_use]
    pub fn new(client: Client, config: GatewayConfig, provided: Provided) -> Self {
        crate::metrics::describe();
        let document = Document::new(|| openapi::build(&routes::endpoints()));
        Self(App::new(client, config, document, provided))
    }

    /// Its limits, for whoever shares them with other gateways.
    #[must_use]
    pub fn shared_limits(&self) -> SharedLimits {
        SharedLimits::of(self.0.clone())
    }

    /// All its routes, with what stands in front of them.
    pub fn router(&self) -> Router {
        let router = routes::router(&self.0)
            .fallback(unknown_route)
            .method_not_allowed_fallback(wrong_method)
            .layer(middleware::from_fn(coding::layer));
        let router = with_admission(router, self.0.admission().clone(), |refusal| {
            Problem::from(refusal).into_response()
        });
        // Outside of the admission, so that a page that is let in can read why it is refused.
        let router = match cors::layer(&self.0.config().cors_origins) {
            Some(cors) => router.layer(cors),
            None => router,
        };
        router
            // Outermost: whatever answers, gets an id and leaves as a problem.
            .layer(middleware::from_fn_with_state(self.0.clone(), edge::layer))
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
    listeners: Vec<Listener>,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let router = gateway.router();
    let app = gateway.0;
    let stop = async {
        stop.await;
        // Streams first, else the drain would wait for them in vain.
        app.close();
    };
    pizza_http::serve(listeners, router, &app.config().limits(), stop).await
}
