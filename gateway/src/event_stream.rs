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
use serde::Serialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

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

/// How a stream begins, and where.
pub(crate) struct Head {
    pub(crate) opening: sse::Event,
    pub(crate) position: u64,
}

/// What a stream has come to next.
pub(crate) struct Step {
    pub(crate) position: u64,
    /// Absent where what is there is nothing for this client.
    pub(crate) event: Option<sse::Event>,
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
    steps: impl Stream<Item = Step> + Send + 'static,
) -> Response {
    // Zero would be an interval that never sleeps.
    let keepalive = Duration::from_millis(app.config().sse_keepalive_ms.max(1));
    // Outside of what may end: a client that is let in learns where to go on, whatever follows.
    let opening = stream::once(std::future::ready(Ok(head.opening)));
    let of_event = rights.clone();
    let permitted = steps.take_while(move |step| {
        let rights = step.event.is_some().then(|| of_event.clone());
        async move {
            match rights {
                Some(rights) => rights.hold().await,
                None => true,
            }
        }
    });
    let events = alive(app.clone(), head.position, rights, permitted);
    // Around all of it: whatever waits for an actor in there must not hold up a stop.
    let stream = opening.chain(events.take_until(closed(app)));
    let sse = Sse::new(stream).keep_alive(KeepAlive::new().interval(keepalive));
    let mut response = sse.into_response();
    // nginx would gather events until its buffer is full.
    let unbuffered = HeaderValue::from_static("no");
    response
        .headers_mut()
        .insert("x-accel-buffering", unbuffered);
    response
}

/// A stream with its signs of life.
struct Alive<S> {
    app: App,
    steps: Pin<Box<S>>,
    ticks: Interval,
    rights: StreamRights,
    /// What has gone out: a step that was made and still waits is not among it.
    sent: u64,
}

/// The same events, and between them now and then that the stream lives: until when everything is
/// told, and what time it is there. It has no id, so that nobody goes on from it. Whoever has lost
/// the right to the stream is noticed here too, where nothing else happens.
fn alive<S: Stream<Item = Step> + Send + 'static>(
    app: App,
    sent: u64,
    rights: StreamRights,
    steps: S,
) -> impl Stream<Item = Result<sse::Event, Infallible>> + Send {
    let period = Duration::from_millis(app.config().sse_time_ms.max(1));
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let begun = Alive {
        app,
        steps: Box::pin(steps),
        ticks,
        rights,
        sent,
    };
    stream::unfold(begun, async |mut alive| {
        let event = alive.next().await?;
        Some((Ok(event), alive))
    })
}

impl<S: Stream<Item = Step>> Alive<S> {
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            tokio::select! {
                step = self.steps.next() => {
                    let Step { position, event } = step?;
                    self.sent = position;
                    if event.is_some() {
                        return event;
                    }
                }
                _ = self.ticks.tick() => {
                    let holds = self.rights.clone().hold().await;
                    return holds.then(|| sign_of_life(&self.app, self.sent));
                }
            }
        }
    }
}

fn sign_of_life(app: &App, position: u64) -> sse::Event {
    let data = SignOfLife {
        at: At::of(app.client().transport().now_ms()),
        position,
        version: app.version().to_str().unwrap_or_default(),
    };
    // Plain structs of numbers and text always serialize.
    let event = sse::Event::default().event("time").json_data(data);
    event.unwrap_or_default()
}

fn closed(app: App) -> Pin<Box<impl Future<Output = ()> + Send>> {
    Box::pin(async move { app.closed().await })
}
