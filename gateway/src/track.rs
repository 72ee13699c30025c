//! An order's events as a stream that resumes.
//!
//! The stream is a replay: without a position it begins with the first event that is
//! kept, so that a customer sees the whole course whenever the page is opened. Every
//! event carries its position; a client that comes back with it misses none and gets none twice.

mod events;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, stream};
use pizza_http::extract::Path;
use pizza_types::ActorId;
use tokio::sync::OwnedSemaphorePermit;

use crate::answer::granted;
use crate::app::App;
use crate::caller::Caller;
use crate::event_stream::{self, Head, Step};
use crate::feed::position;
use crate::order::Order;
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::refused;
use crate::stream_rights::StreamRights;
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
    let position = position::requested(&uri, &headers)?;
    // Before the actor is asked: a gateway that is full must not make others work.
    let permit = event_stream::permit(&app)?;
    // The order is read before its events: whatever it says has happened is among them.
    let reply = caller.ask(order_id.clone(), "get").await?;
    let progress = granted::<Order<'_>>(&reply)?.progress();
    let unreadable = |error| refused::call(error, caller.id);
    let events = Events::open(app.clone(), order_id, position, progress).await;
    let mut events = events.map_err(unreadable)?;
    // A browser comes back for ever, unless it is told that there is nothing to come for.
    // "No content" is what ends an EventSource (HTML, 9.2.3).
    let has_seen_the_end = position.is_some_and(|position| position.at_end);
    if has_seen_the_end && events.are_over().await.map_err(unreadable)? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let (opening, position) = (events.opening(), events.position());
    let rights = StreamRights::new(caller, Ownership::Order, &order_key);
    let head = Head { opening, position };
    Ok(event_stream::respond(
        app,
        head,
        rights,
        course(events, permit),
    ))
}

/// Ends with the order, or when its events cannot be read: the client comes back with
/// the last position it has seen.
fn course(events: Events, permit: OwnedSemaphorePermit) -> impl Stream<Item = Step> {
    stream::unfold(
        (events, permit),
        async |(mut events, permit)| match events.next().await {
            Ok(Next::Event(event)) => {
                let (position, event) = (events.position(), Some(event));
                Some((Step { position, event }, (events, permit)))
            }
            Ok(Next::Over) => None,
            Err(error) => {
                tracing::warn!(%error, "an order's events cannot be read");
                None
            }
        },
    )
}
