//! An order's events one by one, from a position on.

use axum::response::sse;
use pizza_client::Event;
use pizza_types::{ActorId, CallError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::app::App;
use crate::feed::position::Position;
use crate::feed::{self, Feed, From, Gap, Item};
use crate::order::{Progress, is_end};
use crate::time::At;

const STREAM: &str = "order-events";

pub(crate) struct Events {
    feed: Feed,
    order: ActorId,
    /// The newest that is known of the order. Once it has ended, what is in the stream
    /// is all there will be.
    progress: Progress,
    over: bool,
}

pub(crate) enum Next {
    Event(sse::Event),
    Over,
}

/// The data of an event that the order did not publish.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notice<'a> {
    order_id: &'a str,
    #[serde(flatten)]
    progress: &'a Progress,
    #[serde(flatten)]
    gap: Option<Gap>,
}

/// What the order published, with its times for people.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    #[serde(borrow)]
    order_id: &'a RawValue,
    version: u64,
    at: At,
    #[serde(skip_serializing)]
    kind: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    from: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    to: Option<&'a RawValue>,
    status: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    driver_id: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    driver_location: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery_at: Option<At>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    by: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    late: Option<bool>,
}

impl Events {
    pub(crate) async fn open(
        app: App,
        order: ActorId,
        position: Option<Position>,
        progress: Progress,
    ) -> Result<Self, CallError> {
        let from = position.map_or(From::TheBeginning, |position| From::After(position.after));
        let key = order.key().clone();
        Ok(Self {
            feed: Feed::open(app, STREAM, key, from).await?,
            order,
            progress,
            over: false,
        })
    }

    /// The event that comes before all others: where to go on.
    pub(crate) fn opening(&self) -> sse::Event {
        self.feed.opening()
    }

    /// How far they have come: the position of the last one that was given.
    pub(crate) fn position(&self) -> u64 {
        self.feed.position()
    }

    /// Whether a client that has seen the end has seen everything.
    pub(crate) async fn are_over(&mut self) -> Result<bool, CallError> {
        Ok(is_end(&self.progress.status) && !self.feed.has_more().await?)
    }

    pub(crate) async fn next(&mut self) -> Result<Next, CallError> {
        loop {
            if self.over {
                return Ok(Next::Over);
            }
            match self.feed.next().await? {
                Item::Gap(gap) => {
                    let notice = self.notice(Some(gap));
                    return Ok(Next::Event(self.feed.sse_event("gap", &notice)));
                }
                Item::Event(event) => {
                    if let Some(event) = self.change(&event) {
                        return Ok(Next::Event(event));
                    }
                }
                // Drained after the end was read: nothing can follow it.
                Item::Drained if is_end(&self.progress.status) => {
                    self.over = true;
                    let notice = self.notice(None);
                    return Ok(Next::Event(self.feed.last_sse_event("end", &notice)));
                }
                Item::Drained => self.feed.more().await,
            }
        }
    }

    fn change(&mut self, event: &Event) -> Option<sse::Event> {
        let change: Change<'_> = feed::parsed(event)?;
        // The stream may be behind the order that was read before it.
        if change.version >= self.progress.version {
            self.progress = Progress {
                version: change.version,
                at: change.at,
                status: change.status.to_owned(),
            };
        }
        let name = match change.kind {
            "driver" => "driver",
            "eta" => "eta",
            _ => "status",
        };
        Some(self.feed.sse_event(name, &change))
    }

    fn notice(&self, gap: Option<Gap>) -> Notice<'_> {
        Notice {
            order_id: self.order.key(),
            progress: &self.progress,
            gap,
        }
    }
}
