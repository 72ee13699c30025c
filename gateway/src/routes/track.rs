//! `/api/orders/{id}/track`: an order as a stream of events that can be resumed.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ask::{To, command};
use crate::body::{Path, Query};
use crate::order::{Order, is_end};
use crate::problem::Problem;
use crate::server::App;
use crate::time;

const STREAM: &str = "order-events";
const PAGE: usize = 100;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/api/orders/{id}/track", get(track))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resume {
    last_event_id: Option<String>,
}

async fn track(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(resume): Query<Resume>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let order: Order = command(&app, To("order", &id, "get"), &[(); 0], None).await?;
    let header = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let after = match header.or(resume.last_event_id.as_deref()) {
        None | Some("") => 0,
        Some(position) => position.parse().map_err(|_| {
            Problem::bad_request(format!(
                "Last-Event-ID {position:?} is no position of this stream"
            ))
        })?,
    };
    let reader = Reader {
        keep_alive: Duration::from_millis(app.config().sse_keepalive_ms),
        app,
        order_id: id,
        after,
        ended: order.has_ended(),
        first: true,
    };
    let keep_alive = KeepAlive::new().interval(reader.keep_alive);
    let events = stream::unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        let (events, done) = reader.next().await;
        let reader = (!done).then_some(reader);
        Some((
            stream::iter(events.into_iter().map(Ok::<_, Infallible>)),
            reader,
        ))
    });
    Ok(Sse::new(events.flatten())
        .keep_alive(keep_alive)
        .into_response())
}

struct Reader {
    app: App,
    keep_alive: Duration,
    order_id: String,
    /// Position of the last event that was sent.
    after: u64,
    /// The order had ended when the client came.
    ended: bool,
    first: bool,
}

impl Reader {
    /// The next events, and whether they are the last.
    async fn next(&mut self) -> (Vec<Event>, bool) {
        loop {
            let transport = self.app.client().transport().clone();
            let page = transport
                .events(STREAM, &self.order_id, self.after, PAGE)
                .await;
            let page = match page {
                Ok(page) => page,
                // The client comes back with its position, and finds what it missed.
                Err(error) => {
                    tracing::warn!(%error, "an order's events cannot be read");
                    return (Vec::new(), true);
                }
            };
            let mut events = Vec::new();
            if std::mem::take(&mut self.first) && page.oldest > self.after + 1 {
                events.push(self.gap(page.oldest));
            }
            for event in &page.events {
                self.after = event.position;
                let (sse, last) = outward(event.position, &event.payload);
                events.extend(sse);
                if last {
                    events.push(self.end());
                    return (events, true);
                }
            }
            if events.is_empty() && self.ended {
                return (vec![self.end()], true);
            }
            if !events.is_empty() {
                return (events, false);
            }
            tokio::select! {
                () = transport.event_after(STREAM, &self.order_id, self.after) => {}
                () = self.app.closed() => return (Vec::new(), true),
            }
        }
    }

    fn gap(&self, oldest: u64) -> Event {
        let data = json!({"orderId": self.order_id, "after": self.after, "oldest": oldest});
        Event::default().event("gap").data(data.to_string())
    }

    fn end(&self) -> Event {
        let data = json!({"orderId": self.order_id});
        Event::default()
            .event("end")
            .id(self.after.to_string())
            .data(data.to_string())
    }
}

/// One event of the order's stream as clients see it, and whether the order ended with it.
fn outward(position: u64, payload: &[u8]) -> (Option<Event>, bool) {
    let Ok(Value::Object(mut news)) = serde_json::from_slice::<Value>(payload) else {
        return (None, false);
    };
    for field in ["at", "estimatedDeliveryAt"] {
        if let Some(ms) = news.get(field).and_then(Value::as_u64) {
            news.insert(field.to_owned(), time::rfc3339(ms).into());
        }
    }
    let kind = match news.remove("kind").as_ref().and_then(Value::as_str) {
        Some("driver") => "driver",
        Some("eta") => "eta",
        _ => "status",
    };
    let last = news
        .get("status")
        .and_then(Value::as_str)
        .is_some_and(is_end);
    let data = Value::Object(news).to_string();
    let event = Event::default()
        .event(kind)
        .id(position.to_string())
        .data(data);
    (Some(event), last)
}
