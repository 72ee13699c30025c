//! A stream's events one by one, from a position on: none twice, none missing, and what
//! is not kept any more is said aloud.

pub(crate) mod position;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse;
use pizza_client::Event;
use pizza_types::CallError;
use serde::{Deserialize, Serialize};

use crate::app::App;

/// A transport may wake us for nothing, but not this often.
const WOKEN_FOR_NOTHING: Duration = Duration::from_millis(20);

pub(crate) struct Feed {
    app: App,
    stream: &'static str,
    key: Arc<str>,
    /// The last position that was given out, or was asked for.
    position: u64,
    read: VecDeque<Event>,
    gap: Option<Gap>,
    woken: bool,
}

/// Where a feed begins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum From {
    /// With the oldest event that is kept, as somebody who comes for the first time.
    TheBeginning,
    /// With the next event that happens.
    Now,
    After(u64),
}

/// Events between the two positions are not kept any more.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Gap {
    asked: u64,
    oldest: u64,
}

pub(crate) enum Item {
    Event(Event),
    Gap(Gap),
    /// There is no more for now.
    Drained,
}

impl Feed {
    pub(crate) async fn open(
        app: App,
        stream: &'static str,
        key: Arc<str>,
        from: From,
    ) -> Result<Self, CallError> {
        let mut feed = Self {
            app,
            stream,
            key,
            position: 0,
            read: VecDeque::new(),
            gap: None,
            woken: false,
        };
        feed.find(from).await?;
        Ok(feed)
    }

    /// How far the feed has come: the position of what it gave last.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The newest position of a stream. Whatever an actor tells afterwards has in it all that was
    /// published up to there.
    pub(crate) async fn newest(
        app: &App,
        stream: &'static str,
        key: &str,
    ) -> Result<u64, CallError> {
        let page = app.client().transport().events(stream, key, 0, 1).await?;
        Ok(page.newest)
    }

    pub(crate) async fn next(&mut self) -> Result<Item, CallError> {
        // First, because only a read finds that events are not kept any more.
        self.has_more().await?;
        if let Some(gap) = self.gap.take() {
            return Ok(Item::Gap(gap));
        }
        let Some(event) = self.read.pop_front() else {
            return Ok(Item::Drained);
        };
        // What came was not for nothing.
        self.woken = false;
        self.position = event.position;
        Ok(Item::Event(event))
    }

    /// Returns once there may be more.
    pub(crate) async fn more(&mut self) {
        // The first time the transport is believed.
        if std::mem::replace(&mut self.woken, true) {
            tokio::time::sleep(WOKEN_FOR_NOTHING).await;
        }
        let transport = self.app.client().transport();
        let key = &self.key;
        transport.event_after(self.stream, key, self.position).await;
    }

    /// The event that comes before all others: where to go on if the connection breaks before the
    /// first of them, and how soon to try.
    pub(crate) fn opening(&self) -> sse::Event {
        let retry = Duration::from_millis(self.app.config().sse_retry_ms);
        let event = sse::Event::default().retry(retry);
        event.id(self.position.to_string())
    }

    /// Reads ahead, and returns whether there is something to tell.
    pub(crate) async fn has_more(&mut self) -> Result<bool, CallError> {
        if self.read.is_empty() && self.gap.is_none() {
            self.read_page().await?;
        }
        Ok(!self.read.is_empty() || self.gap.is_some())
    }

    /// Makes a server-sent event, by whose id the client goes on.
    pub(crate) fn sse_event(&self, name: &str, data: &impl Serialize) -> sse::Event {
        sse_event_at(self.position, name, data)
    }

    /// Makes the last server-sent event, by whose id the client is known to have seen the end.
    pub(crate) fn last_sse_event(&self, name: &str, data: &impl Serialize) -> sse::Event {
        sse_event_as(name, position::at_end(self.position), data)
    }

    /// A position that this stream never had is answered from the beginning: its client
    /// has seen another history than the one that is kept.
    async fn find(&mut self, from: From) -> Result<(), CallError> {
        let before = match from {
            From::After(position) => position.saturating_sub(1),
            From::TheBeginning | From::Now => 0,
        };
        let transport = self.app.client().transport();
        let page = transport.events(self.stream, &self.key, before, 1).await?;
        let first = page.events.first().map(|event| event.position);
        match from {
            // What is not kept any more was not asked for.
            From::TheBeginning => self.position = first.map_or(0, |first| first - 1),
            From::Now => self.position = page.newest,
            From::After(position) => {
                self.position = position;
                // A client that has seen the newest event has missed none, whether it is kept or not.
                if first.is_none() && position != page.newest {
                    self.note_gap(page.oldest.max(1));
                }
            }
        }
        Ok(())
    }

    async fn read_page(&mut self) -> Result<(), CallError> {
        let transport = self.app.client().transport();
        // Zero would read nothing for ever.
        let limit = self.app.config().sse_page.max(1);
        let (key, after) = (&self.key, self.position);
        let page = transport.events(self.stream, key, after, limit).await?;
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
        // The next read begins with the oldest that is kept. Positions begin at 1, see the callers.
        self.position = oldest - 1;
    }
}

/// What an actor has published; `None`, and a word in the log, where it has another form.
pub(crate) fn parsed<'e, T: Deserialize<'e>>(event: &'e Event) -> Option<T> {
    let parsed = serde_json::from_slice(&event.payload);
    parsed.inspect_err(|error| warn_of_form(event, error)).ok()
}

pub(crate) fn warn_of_form(event: &Event, error: &serde_json::Error) {
    tracing::warn!(%error, position = event.position, "an event has another form");
}

/// Makes a server-sent event, behind whose position the client goes on.
pub(crate) fn sse_event_at(position: u64, name: &str, data: &impl Serialize) -> sse::Event {
    sse_event_as(name, position.to_string(), data)
}

fn sse_event_as(name: &str, id: String, data: &impl Serialize) -> sse::Event {
    let event = sse::Event::default().event(name).id(id);
    // Plain structs of numbers and text always serialize.
    event.json_data(data).unwrap_or_default()
}
