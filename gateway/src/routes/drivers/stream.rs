//! A driver's events as a stream that resumes: what their screen shows, change by change.

use axum::http::{HeaderMap, Uri};
use axum::response::{Response, sse};
use pizza_client::Event;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::view::DriverView;
use crate::caller::Caller;
use crate::feed::{self, Feed};
use crate::follow::{self, Followed};
use crate::problem::Problem;
use crate::time::At;

pub(super) const STREAM: &str = "driver-events";

/// What a driver has published, with its times for people.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    at: At,
    #[serde(skip_serializing)]
    kind: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    order_id: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    status: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    reason: Option<&'a RawValue>,
    #[serde(borrow)]
    driver: DriverView<'a>,
}

impl Change<'_> {
    /// The name of the event; a newer driver may tell of what is not known here.
    fn name(&self) -> Option<&'static str> {
        let known = [
            "offer",
            "withdrawn",
            "assigned",
            "order",
            "released",
            "duty",
        ];
        known.into_iter().find(|name| *name == self.kind)
    }
}

pub(super) async fn follow(
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let driver = ActorId::new("driver", id)?;
    let followed = Followed {
        stream: STREAM,
        tell: sse_event,
    };
    follow::follow(caller, driver, followed, &uri, &headers).await
}

fn sse_event(feed: &Feed, event: &Event) -> Option<sse::Event> {
    let change: Change<'_> = feed::parsed(event)?;
    Some(feed.sse_event(change.name()?, &change))
}
