//! An actor's stream as an answer that resumes: it begins with what happens next, or where its
//! client was, and goes on until one of the two sides ends it.

use axum::http::{HeaderMap, Uri};
use axum::response::{Response, sse};
use futures_util::{Stream, stream};
use pizza_client::Event;
use pizza_types::ActorId;
use tokio::sync::OwnedSemaphorePermit;

use crate::app::App;
use crate::caller::Caller;
use crate::event_stream::{self, Head, Step};
use crate::feed::{Feed, From, Item, position};
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::refused;
use crate::stream_rights::StreamRights;

/// What is followed, and how it is told.
#[derive(Clone, Copy)]
pub(crate) struct Followed {
    pub(crate) stream: &'static str,
    /// Makes the event for clients; `None` for one that is not for them.
    pub(crate) tell: fn(&Feed, &Event) -> Option<sse::Event>,
}

/// A stream that somebody may follow, from where they want to go on.
pub(crate) struct Opened {
    pub(crate) app: App,
    pub(crate) head: Head,
    pub(crate) rights: StreamRights,
    pub(crate) feed: Feed,
    /// Held as long as the stream is open.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// Opens the stream of a driver, of a restaurant, or of what has its id.
///
/// # Errors
/// When too many are open, or its events cannot be read.
pub(crate) async fn open(
    caller: Caller,
    of: &ActorId,
    stream: &'static str,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Opened, Problem> {
    let app = caller.app.clone();
    let from = match position::requested(uri, headers)? {
        // A screen that opens asks other endpoints for the present, and this one for what follows.
        None => From::Now,
        Some(position) => From::After(position.after),
    };
    // Before the stream is read: a gateway that is full must not make others work.
    let permit = event_stream::permit(&app)?;
    let key = of.key().clone();
    let feed = Feed::open(app.clone(), stream, key, from).await;
    let feed = feed.map_err(|error| refused::call(error, caller.id))?;
    let head = Head {
        opening: feed.opening(),
        position: feed.position(),
    };
    let ownership = match &**of.actor_type() {
        "driver" => Ownership::Driver,
        _ => Ownership::Restaurant,
    };
    let rights = StreamRights::new(caller, ownership, of.key());
    Ok(Opened {
        app,
        head,
        rights,
        feed,
        permit,
    })
}

/// Follows the stream of a driver, of a restaurant, or of what has its id.
pub(crate) async fn follow(
    caller: Caller,
    of: ActorId,
    followed: Followed,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let opened = open(caller, &of, followed.stream, uri, headers).await?;
    let course = course(opened.feed, followed, opened.permit);
    Ok(event_stream::respond(
        opened.app,
        opened.head,
        opened.rights,
        course,
    ))
}

/// Ends when events cannot be read: the client comes back with the last position it has.
fn course(
    feed: Feed,
    followed: Followed,
    permit: OwnedSemaphorePermit,
) -> impl Stream<Item = Step> {
    let begin = (feed, followed, permit);
    stream::unfold(begin, async |(mut feed, followed, permit)| {
        loop {
            let event = match feed.next().await {
                Ok(Item::Event(event)) => (followed.tell)(&feed, &event),
                Ok(Item::Gap(gap)) => Some(feed.sse_event("gap", &gap)),
                Ok(Item::Drained) => {
                    feed.more().await;
                    continue;
                }
                Err(error) => {
                    let stream = followed.stream;
                    tracing::warn!(stream, %error, "events cannot be read");
                    return None;
                }
            };
            let position = feed.position();
            return Some((Step { position, event }, (feed, followed, permit)));
        }
    })
}
