//! Server-sent events as an answer: how many streams may be open, when they end, and where a
//! client goes on that lost one.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::HeaderValue;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Serialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::app::App;
use crate::endpoint::Parameter;
use crate::feed::position;
use crate::problem::{self, Problem};
use crate::stream_rights::StreamRights;
use crate::time::At;

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

/// How a stream begins, and how far it has come.
pub(crate) struct Head {
    pub(crate) opening: sse::Event,
    pub(crate) reached: Arc<AtomicU64>,
}

/// The data of the event that says that the stream lives: a page sees no comments.
#[derive(Serialize)]
struct SignOfLife<'a> {
    at: At,
    position: u64,
    version: &'a str,
}

/// Events as they come, until there are no more, the gateway stops, or the client loses the
/// right to receive them.
pub(crate) fn respond(
    app: App,
    head: Head,
    rights: StreamRights,
    events: impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static,
) -> Response {
    // Zero would be an interval that never sleeps.
    let keepalive = Duration::from_millis(app.config().sse_keepalive_ms.max(1));
    // Outside of what may end: a client that is let in learns where to go on, whatever follows.
    let opening = stream::once(std::future::ready(Ok(head.opening)));
    let of_event = rights.clone();
    let permitted = events.take_while(move |_| of_event.clone().hold());
    let permitted = permitted.take_until(closed(app.clone()));
    let stream = opening.chain(alive(app, head.reached, rights, permitted));
    let sse = Sse::new(stream).keep_alive(KeepAlive::new().interval(keepalive));
    let mut response = sse.into_response();
    // nginx would gather events until its buffer is full.
    let unbuffered = HeaderValue::from_static("no");
    response
        .headers_mut()
        .insert("x-accel-buffering", unbuffered);
    response
}

/// The same events, and between them now and then that the stream lives: until when everything is
/// told, and what time it is there. It has no id, so that nobody goes on from it. Whoever has lost
/// the right to the stream is noticed here too, where nothing else happens.
fn alive(
    app: App,
    reached: Arc<AtomicU64>,
    rights: StreamRights,
    events: impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static,
) -> impl Stream<Item = Result<sse::Event, Infallible>> + Send {
    let period = Duration::from_millis(app.config().sse_time_ms.max(1));
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let begun = (Box::pin(events), ticks);
    stream::unfold(begun, move |(mut events, mut ticks)| {
        let (app, reached, rights) = (app.clone(), Arc::clone(&reached), rights.clone());
        async move {
            tokio::select! {
                event = events.next() => Some((event?, (events, ticks))),
                _ = ticks.tick() => {
                    let event = rights.hold().await.then(|| sign_of_life(&app, &reached))?;
                    Some((Ok(event), (events, ticks)))
                }
            }
        }
    })
}

fn sign_of_life(app: &App, reached: &AtomicU64) -> sse::Event {
    let data = SignOfLife {
        at: At::of(app.client().transport().now_ms()),
        position: reached.load(Ordering::Relaxed),
        version: app.version().to_str().unwrap_or_default(),
    };
    // Plain structs of numbers and text always serialize.
    let event = sse::Event::default().event("time").json_data(data);
    event.unwrap_or_default()
}

fn closed(app: App) -> Pin<Box<impl Future<Output = ()> + Send>> {
    Box::pin(async move { app.closed().await })
}
