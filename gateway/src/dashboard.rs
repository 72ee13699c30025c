//! A restaurant's events as a stream that resumes, for the manager's screen: every change of every
//! order, every alert, what its drivers do and where they are. It begins with what happens next; what
//! happened so far, other endpoints say.
//!
//! - [`order_change`](self::order_change): what an order told its restaurant
//! - [`news`](self::news): what else is in its stream
//! - [`positions`](self::positions): where drivers are, gathered for all of them
//! - [`sights`](self::sights): what changes without an event: figures, stock, kitchen
//! - [`schema`](self::schema): all of them in the document

mod news;
mod order_change;
mod positions;
mod schema;
mod sights;

use std::collections::VecDeque;

use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use futures_util::{Stream, stream};
use pizza_client::Event;
use pizza_http::extract::Path;
use pizza_types::{ActorId, CallError};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;

use self::news::News;
use self::order_change::Change;
use self::positions::Positions;
use self::sights::Sights;
use crate::caller::Caller;
use crate::event_stream::{self, Step};
use crate::feed::{self, Feed, Item};
use crate::follow;
use crate::problem::Problem;

pub(crate) use self::schema::events;

pub(crate) const STREAM: &str = "restaurant-orders";

pub(crate) async fn follow(
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let restaurant = ActorId::new("restaurant", id)?;
    // What it asks later are questions of its own.
    let asks = caller.for_another();
    let opened = follow::open(caller, &restaurant, STREAM, &uri, &headers).await?;
    let look_every_ms = opened.app.config().sse_look_ms;
    let screen = Screen {
        feed: opened.feed,
        positions: Positions::default(),
        sights: Sights::of(asks, restaurant.key(), look_every_ms),
        ready: VecDeque::new(),
        _permit: opened.permit,
    };
    let (app, head, rights) = (opened.app, opened.head, opened.rights);
    Ok(event_stream::respond(app, head, rights, course(screen)))
}

/// One manager's screen, and what it is about to be told.
struct Screen {
    feed: Feed,
    positions: Positions,
    sights: Sights,
    ready: VecDeque<Step>,
    _permit: OwnedSemaphorePermit,
}

/// Ends when events cannot be read: the client comes back with the last position it has.
fn course(screen: Screen) -> impl Stream<Item = Step> {
    stream::unfold(screen, async |mut screen| {
        loop {
            if let Some(step) = screen.ready.pop_front() {
                return Some((step, screen));
            }
            if let Err(error) = screen.step().await {
                tracing::warn!(stream = STREAM, %error, "events cannot be read");
                return None;
            }
        }
    })
}

impl Screen {
    /// Waits for whatever comes next. What is begun and not taken goes on the next time.
    async fn step(&mut self) -> Result<(), CallError> {
        tokio::select! {
            item = next(&mut self.feed) => match item? {
                Item::Event(event) => self.take(&event),
                Item::Gap(gap) => self.tell("gap", &gap),
                Item::Drained => {}
            },
            () = self.positions.due() => self.tell_positions(),
            seen = self.sights.next() => {
                let news = self.sights.news(seen.as_deref());
                let told_up_to = self.positions.told_up_to();
                let position = told_up_to.unwrap_or_else(|| self.feed.position());
                self.ready.extend(news.into_iter().map(|event| Step {
                    position,
                    event: Some(event),
                }));
            }
        }
        Ok(())
    }

    fn take(&mut self, event: &Event) {
        let error = match serde_json::from_slice::<Change<'_>>(&event.payload) {
            Ok(change) => {
                match change.position() {
                    Some(position) => self.positions.note(position, event.position),
                    None => self.tell(change.name(), &change),
                }
                return;
            }
            // The stream carries others too, and they are the fewer.
            Err(error) => error,
        };
        match News::of(event) {
            Some(News::Alert(alert)) => {
                self.tell("alert", &alert);
                // Most of them are about something that the sights show.
                self.sights.look_soon();
            }
            Some(News::Driver(driver)) => self.tell("driver-state", &driver),
            Some(News::Position(position)) => self.positions.note(position, event.position),
            Some(News::Restaurant(restaurant)) => self.tell("restaurant", &restaurant),
            Some(News::Look) => self.sights.look_soon(),
            Some(News::Unknown) => {}
            None => feed::warn_of_form(event, &error),
        }
    }

    /// Tells what the feed has given last.
    fn tell(&mut self, name: &str, data: &impl Serialize) {
        // Whoever has this event goes on behind it, and would never hear of the positions that are held.
        self.tell_positions();
        self.tell_at(self.feed.position(), name, data);
    }

    fn tell_positions(&mut self) {
        if let Some((position, told)) = self.positions.take() {
            self.tell_at(position, "positions", &told);
        }
    }

    fn tell_at(&mut self, position: u64, name: &str, data: &impl Serialize) {
        let event = Some(feed::sse_event_at(position, name, data));
        self.ready.push_back(Step { position, event });
    }
}

/// The next event, however long it takes. Nothing is lost when it is not waited for to the end.
async fn next(feed: &mut Feed) -> Result<Item, CallError> {
    loop {
        match feed.next().await? {
            Item::Drained => feed.more().await,
            item => return Ok(item),
        }
    }
}
