//! Metrics of a process that has no gateway, at an address of their own.

use std::net::SocketAddr;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use pizza_http::problem::{Vocabulary, write_body};
use pizza_http::{Admission, Limits, Problem, Refusal, with_admission};

use crate::process::listen;

/// The most connections. A collector holds one; the rest is for people who look.
const CONNECTIONS_MAX: usize = 256;

/// Serves `/metrics` and `/health/live` until the process ends; returns where.
///
/// # Errors
/// When the address is taken.
pub(crate) async fn serve(
    address: SocketAddr,
    read: impl Fn() -> String + Clone + Send + Sync + 'static,
) -> anyhow::Result<SocketAddr> {
    let listener = listen(address, "--metrics").await?;
    let address = listener.local_addr()?;
    let routes = Router::new()
        .route("/health/live", get(async || "live"))
        .route("/metrics", get(async move || read()));
    // No token is asked for; on this machine the name that was asked for is looked at instead.
    let admission = Admission {
        tokens_optional: address.ip().is_loopback(),
        ..Admission::default()
    };
    let routes = with_admission(routes, admission, refused);
    let limits = Limits::default().within(CONNECTIONS_MAX);
    tokio::spawn(async move {
        let listeners = vec![pizza_http::Listener::http(listener)];
        let never = std::future::pending();
        if let Err(error) = pizza_http::serve(listeners, routes, &limits, never).await {
            tracing::error!(%error, "metrics are not served any more");
        }
    });
    Ok(address)
}

fn refused(refusal: Refusal) -> Response {
    let mut response = Problem::from(refusal).into_response();
    write_body(&mut response, &Vocabulary::FOR_OPERATORS, None);
    response
}
