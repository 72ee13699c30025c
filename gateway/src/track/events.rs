//! An order's events one by one, from a position on.

use std::collections::VecDeque;
use std::time::Duration;

use axum::response::sse;
use pizza_client::Event;
use pizza_types::{ActorId, CallError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::order::is_end;
use crate::server::App;
use crate::time::At;

const STREAM: &str = "order-events";

/// A transport may wake us for nothing, but not this often.
const WOKEN_FOR_NOTHING: Duration = Duration::from_millis(20);

pub(crate) struct Events {
    app: App,
    order: ActorId,
    /// The last position that went out, or was asked for.
    position: u64,
    read: VecDeque<Event>,
    /// The newest that is known of the order. Once it has ended, what is in the stream
    /// is all there will be.
    newest: Newest,
    over: bool,
    gap: Option<Gap>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Newest {
    pub(crate) version: u64,
    pub(crate) at: At,
    pub(crate) status: String,
}

pub(crate) enum Next {
    Event(sse::Event),
    Over,
}

/// Events between the two positions are not kept any more.
#[derive(Clone, Copy, Serialize)]
struct Gap {
    asked: u64,
    oldest: u64,
}

/// The data of an event that the order did not publish.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notice<'a> {
    order_id: &'a str,
    #[serde(flatten)]
    newest: &'a Newest,
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
        position: u64,
        newest: Newest,
    ) -> Result<Self, CallError> {
        let mut events = Self {
            app,
            order,
            position,
            read: VecDeque::new(),
            newest,
            over: false,
            gap: None,
        };
        events.find().await?;
        Ok(events)
    }

    pub(crate) async fn next(&mut self) -> Result<Next, CallError> {
        let mut woken = false;
        loop {
            if let Some(gap) = self.gap.take() {
                return Ok(Next::Event(self.notice("gap", Some(gap))));
            }
            if let Some(event) = self.read.pop_front() {
                self.position = event.position;
                if let Some(event) = self.change(&event) {
                    return Ok(Next::Event(event));
                }
                continue;
            }
            if self.over {
                return Ok(Next::Over);
            }
            self.read_page().await?;
            if !self.read.is_empty() || self.gap.is_some() {
                continue;
            }
            if is_end(&self.newest.status) {
                self.over = true;
                return Ok(Next::Event(self.notice("end", None)));
            }
            if std::mem::replace(&mut woken, true) {
                tokio::time::sleep(WOKEN_FOR_NOTHING).await;
            }
            let transport = self.app.client().transport();
            let key = self.order.key();
            transport.event_after(STREAM, key, self.position).await;
        }
    }

    /// A position that this stream never had is answered from the beginning: its client
    /// has seen another history than the one that is kept.
    async fn find(&mut self) -> Result<(), CallError> {
        let Some(before) = self.position.checked_sub(1) else {
            // From the beginning: what is not kept any more was not asked for.
            let transport = self.app.client().transport();
            let page = transport.events(STREAM, self.order.key(), 0, 1).await?;
            self.position = page.events.first().map_or(0, |first| first.position - 1);
            return Ok(());
        };
        let transport = self.app.client().transport();
        let page = transport
            .events(STREAM, self.order.key(), before, 1)
            .await?;
        let first = page.events.first().map(|event| event.position);
        if first.is_none() {
            let oldest = page.oldest.max(1);
            self.note_gap(oldest);
        }
        Ok(())
    }

    async fn read_page(&mut self) -> Result<(), CallError> {
        let transport = self.app.client().transport();
        let limit = self.app.config().sse_page.max(1);
        let key = self.order.key();
        let page = transport.events(STREAM, key, self.position, limit).await?;
        self.read = page.events.into();
        if let Some(first) = self.read.front().map(|event| event.position)
            && first > self.position.saturating_add(1)
        {
            self.note_gap(first);
        }
        Ok(())
    }

    fn note_gap(&mut self, oldest: u64) {
        self.gap = Some(Gap {
            asked: self.position,
            oldest,
        });
        self.position = oldest - 1;
    }

    fn change(&mut self, event: &Event) -> Option<sse::Event> {
        let change: Change<'_> = match serde_json::from_slice(&event.payload) {
            Ok(change) => change,
            Err(error) => {
                tracing::warn!(%error, position = event.position, "an event has another form");
                return None;
            }
        };
        if change.version >= self.newest.version {
            self.newest = Newest {
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
        Some(self.event(name, &change))
    }

    fn notice(&self, name: &str, gap: Option<Gap>) -> sse::Event {
        let notice = Notice {
            order_id: self.order.key(),
            newest: &self.newest,
            gap,
        };
        self.event(name, &notice)
    }

    fn event(&self, name: &str, data: &impl Serialize) -> sse::Event {
        let event = sse::Event::default()
            .event(name)
            .id(self.position.to_string());
        event.json_data(data).unwrap_or_default()
    }
}
