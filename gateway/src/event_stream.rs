//! Server-sent events as an answer: how many streams may be open, when they end, and where a
//! client goes on that lost one.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _, stream};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::endpoint::Parameter;
use crate::feed::position;
use crate::problem::{self, Problem};
use crate::stream_rights::StreamRights;

/// Where a stream goes on, for clients that cannot send a header.
pub(crate) const LAST_EVENT_ID: &[Parameter] = &[Parameter {
    name: position::PARAMETER,
    about: "Go on after this event; the header counts before it.",
    schema: |_| json!({"type": "string", "pattern": position::PATTERN}),
}];

/// A stream that ended for want of room is tried again by its client after this time. It is
/// longer than other waits: streams stay open for minutes.
const FULL_RETRY_MS: u64 = 5_000;

/// The permit for one of the event streams that may be open at once; dropped, it is given back.
///
/// # Errors
/// When as many are open as may be.
pub(crate) fn permit(app: &App) -> Result<OwnedSemaphorePermit, Problem> {
    let permit = Arc::clone(app.streams()).try_acquire_owned();
    permit.map_err(|_| {
        let detail = "too many event streams are open";
        Problem::new(problem::OVERLOADED, detail).retry_after_ms(FULL_RETRY_MS)
    })
}

/// Events as they come, until there are no more, the gateway stops, or the client loses the
/// right to receive them.
pub(crate) fn respond(
    app: App,
    opening: sse::Event,
    rights: StreamRights,
    events: impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static,
) -> Response {
    // Zero would be an interval that never sleeps.
    let keepalive = Duration::from_millis(app.config().sse_keepalive_ms.max(1));
    // Outside of what may end: a client that is let in learns where to go on, whatever follows.
    let opening = stream::once(std::future::ready(Ok(opening)));
    let permitted = events.take_while(move |_| rights.clone().hold());
    let stream = opening.chain(permitted.take_until(closed(app)));
    let sse = Sse::new(stream).keep_alive(KeepAlive::new().interval(keepalive));
    let mut response = sse.into_response();
    // nginx would gather events until its buffer is full.
    let unbuffered = HeaderValue::from_static("no");
    response
        .headers_mut()
        .insert("x-accel-buffering", unbuffered);
    response
}

fn closed(app: App) -> Pin<Box<impl Future<Output = ()> + Send>> {
    Box::pin(async move { app.closed().await })
}
