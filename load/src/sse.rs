//! Server-sent events, followed across whatever cuts the connection.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::{Context, bail};
use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::retrying_client::RetryingClient;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// A stream without events sends a comment every 15 s; without any for four times as long it counts
/// as broken.
const SILENCE_LONGEST: Duration = Duration::from_secs(60);
/// A server that ends each stream at once is not asked without a pause.
const BEFORE_COMING_BACK: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// A stream that is followed across broken connections: no event comes twice, none is missing.
pub(crate) struct Follower {
    client: RetryingClient,
    path: String,
    last: Option<HeaderValue>,
    body: Option<Incoming>,
    lines: Lines,
}

impl Follower {
    /// Returns when the stream is open: what happens from now on is in it.
    pub(crate) async fn open(client: RetryingClient, path: String) -> anyhow::Result<Self> {
        let mut follower = Self {
            client,
            path,
            last: None,
            body: None,
            lines: Lines::default(),
        };
        follower.go_on().await?;
        Ok(follower)
    }

    /// # Errors
    /// When the pizzeria cannot be reached for longer than the client is patient.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Event> {
        loop {
            if let Some(event) = self.lines.events.pop_front() {
                // Noted only now: after a break the stream goes on behind what was handed out.
                self.last = Some(HeaderValue::try_from(&event.id)?);
                return Ok(event);
            }
            // Where to go on if no event comes before the connection breaks.
            if let Some(id) = self.lines.opened_at.take() {
                self.last = Some(HeaderValue::try_from(id)?);
            }
            let Some(body) = &mut self.body else {
                self.go_on().await?;
                continue;
            };
            match timeout(SILENCE_LONGEST, body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    if let Some(bytes) = frame.data_ref() {
                        self.lines.read(bytes)?;
                    }
                }
                // It ended, broke off, or fell silent.
                _ => {
                    self.body = None;
                    sleep(BEFORE_COMING_BACK).await;
                }
            }
        }
    }

    async fn go_on(&mut self) -> anyhow::Result<()> {
        let last = self.last.clone();
        let headers: Vec<_> = last.iter().map(|id| (LAST_EVENT_ID, id)).collect();
        let response = self.client.stream(&self.path, &headers).await?;
        let status = response.status();
        if status == StatusCode::NO_CONTENT {
            bail!("{} is over", self.path);
        }
        if !status.is_success() {
            bail!("{} answers {status}", self.path);
        }
        // Half an event of the broken connection comes again whole, after the last whole one.
        self.lines = Lines::default();
        self.body = Some(response.into_body());
        Ok(())
    }
}

/// Turns bytes, however they are cut, into events.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
    event: Unfinished,
    events: VecDeque<Event>,
    /// The id of a frame without data: where the stream began, before its first event.
    opened_at: Option<String>,
}

#[derive(Default)]
struct Unfinished {
    kind: String,
    id: String,
    data: String,
}

impl Lines {
    fn read(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = std::str::from_utf8(&line).context("an event is no text")?;
            self.line(line.trim_end_matches(['\r', '\n']))?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str) -> anyhow::Result<()> {
        if !line.is_empty() {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match name {
                "event" => value.clone_into(&mut self.event.kind),
                "id" => value.clone_into(&mut self.event.id),
                "data" => self.event.data.push_str(value),
                // A comment, or what a later version may say.
                _ => {}
            }
            return Ok(());
        }
        let Unfinished { kind, id, data } = std::mem::take(&mut self.event);
        // One without an id says only that the stream lives.
        if !data.is_empty() && !id.is_empty() {
            let data = serde_json::from_str(&data).context("an event's data is no JSON")?;
            self.events.push_back(Event { kind, id, data });
            self.opened_at = None;
        } else if !id.is_empty() {
            self.opened_at = Some(id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_are_read_wherever_the_bytes_are_cut() {
        let text = "retry: 9\nid: 0\n\nevent: status\nid: 1\ndata: {\"a\":1}\n\n:\n\nevent: time\ndata: {}\n\nevent:eta\r\nid:2\r\ndata:[]\r\n\r\n";
        let expected = [("status", "1", json!({"a": 1})), ("eta", "2", json!([]))];
        for size in 1..text.len() {
            let mut lines = Lines::default();
            for part in text.as_bytes().chunks(size) {
                lines.read(part).expect("it is well-formed");
            }
            let read: Vec<_> = lines
                .events
                .into_iter()
                .map(|e| (e.kind, e.id, e.data))
                .collect();
            let expected = expected
                .clone()
                .map(|(kind, id, data)| (kind.to_owned(), id.to_owned(), data));
            assert_eq!(read, expected, "cut every {size} bytes");
        }
    }

    #[test]
    fn a_stream_without_events_has_an_id_to_go_on_from() {
        let mut lines = Lines::default();
        lines.read(b"retry: 9\nid: 0\n\n").expect("well-formed");
        assert_eq!(lines.opened_at.as_deref(), Some("0"));
        lines.read(b"id: 1\ndata: {}\n\n").expect("well-formed");
        assert_eq!(lines.opened_at, None, "the event says it");
    }

    #[test]
    fn what_has_no_end_yet_is_no_event() {
        let mut lines = Lines::default();
        lines
            .read(b"event: status\nid: 1\ndata: {}\n")
            .expect("well-formed");
        assert!(lines.events.is_empty());
        assert!(lines.read(b"\n\nid: 2\ndata: {\n\n").is_err());
    }
}
