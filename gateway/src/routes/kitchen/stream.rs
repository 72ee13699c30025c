//! A kitchen's events as a stream that resumes: what its screen shows, change by change.

use axum::http::{HeaderMap, Uri};
use axum::response::{Response, sse};
use pizza_client::Event;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::caller::Caller;
use crate::feed::{self, Feed};
use crate::follow::{self, Followed};
use crate::problem::Problem;
use crate::time::At;
use crate::view::kitchen::{Alert, Oven, Plugin, Station, Ticket};

pub(super) const STREAM: &str = "kitchen-events";

/// What a kitchen has published, with its times for people: when, and one of the others.
#[derive(Deserialize, Serialize)]
struct Change<'a> {
    at: At,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    ticket: Option<Ticket<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    station: Option<Station<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    oven: Option<Oven<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    alert: Option<Alert<'a>>,
    #[serde(
        borrow,
        rename(serialize = "orderIds"),
        skip_serializing_if = "Option::is_none"
    )]
    queue: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    plugin: Option<Plugin<'a>>,
}

impl Change<'_> {
    /// The name of the event.
    fn name(&self) -> Option<&'static str> {
        let kinds = [
            (self.ticket.is_some(), "ticket"),
            (self.station.is_some(), "station"),
            (self.oven.is_some(), "oven"),
            (self.alert.is_some(), "alert"),
            (self.queue.is_some(), "queue"),
            (self.plugin.is_some(), "plugin"),
        ];
        let mut told = kinds.iter().filter(|(is_told, _)| *is_told);
        told.next().map(|(_, name)| *name)
    }
}

pub(super) async fn follow(
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kitchen = ActorId::new("kitchen", id)?;
    let followed = Followed {
        stream: STREAM,
        tell: sse_event,
    };
    follow::follow(caller, kitchen, followed, &uri, &headers).await
}

fn sse_event(feed: &Feed, event: &Event) -> Option<sse::Event> {
    let change: Change<'_> = feed::parsed(event)?;
    // A newer kitchen may tell of what is not known here.
    Some(feed.sse_event(change.name()?, &change))
}
