//! An order's events as a stream that resumes.
//!
//! The stream is a replay: without a position it begins with the first event that is
//! kept, so that a customer sees the whole course whenever the page is opened. Every
//! event carries its position; whoever comes back with it misses none and gets none twice.

mod events;

pub(crate) use events::Newest;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _, stream};
use pizza_types::ActorId;
use tokio::sync::OwnedSemaphorePermit;

use crate::answer::granted;
use crate::caller::Caller;
use crate::feed::position;
use crate::order::Order;
use crate::own::Own;
use crate::parameters::Path;
use crate::problem::{self, Problem};
use crate::rights::Rights;
use crate::server::App;
use events::{Events, Next};

pub(crate) async fn track(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let order_id = ActorId::new("order", id)?;
    let order_key = order_id.key().clone();
    let position = position::asked(&uri, &headers)?;
    let place = place(&app)?;
    // The order is read before its events: whatever it says has happened is among them.
    let reply = caller.ask(order_id.clone(), "get").await?;
    let newest = granted::<Order<'_>>(&reply)?.newest();
    let unreadable = |error| crate::refused::call(error, caller.id);
    let events = Events::open(app.clone(), order_id, position, newest).await;
    let mut events = events.map_err(unreadable)?;
    // A browser comes back for ever, unless it is told that there is nothing to come for.
    let has_seen_the_end = position.is_some_and(|position| position.at_end);
    if has_seen_the_end && events.are_over().await.map_err(unreadable)? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let opening = events.opening();
    let rights = Rights::new(app.clone(), caller.identity, Own::Order, &order_key);
    Ok(streamed(app, opening, rights, course(events, place)))
}

/// One of the event streams that may be open at once.
pub(crate) fn place(app: &App) -> Result<OwnedSemaphorePermit, Problem> {
    let place = Arc::clone(app.streams()).try_acquire_owned();
    place.map_err(|_| {
        let detail = "too many event streams are open";
        Problem::new(problem::OVERLOADED, detail).retry_after_ms(5000)
    })
}

/// Events as they come, until the gateway stops or whoever listens may not any more.
pub(crate) fn streamed(
    app: App,
    opening: sse::Event,
    rights: Rights,
    events: impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static,
) -> Response {
    let keepalive = Duration::from_millis(app.config().sse_keepalive_ms.max(1));
    let opening = stream::once(std::future::ready(Ok(opening)));
    let heard = events.take_while(move |_| rights.clone().last());
    let stream = opening.chain(heard.take_until(closed(app)));
    let sse = Sse::new(stream).keep_alive(KeepAlive::new().interval(keepalive));
    let mut response = sse.into_response();
    let unbuffered = HeaderValue::from_static("no");
    response
        .headers_mut()
        .insert("x-accel-buffering", unbuffered);
    response
}

/// Ends with the order, or when its events cannot be read: the client comes back with
/// the last position it has seen.
fn course(
    events: Events,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<sse::Event, Infallible>> {
    stream::unfold((events, place), async |(mut events, place)| {
        match events.next().await {
            Ok(Next::Event(event)) => Some((Ok(event), (events, place))),
            Ok(Next::Over) => None,
            Err(error) => {
                tracing::warn!(%error, "an order's events cannot be read");
                None
            }
        }
    })
}

fn closed(app: App) -> std::pin::Pin<Box<impl Future<Output = ()> + Send>> {
    Box::pin(async move { app.closed().await })
}
