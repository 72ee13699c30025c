//! `/api/admin/stream`: how things stand, as they change. It begins with everything, and nothing
//! in it has a position: whoever comes back begins anew.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{Response, sse};
use futures_util::{Stream, stream};

use super::schema;
use crate::caller::Caller;
use crate::endpoint::{Endpoint, get};
use crate::event_stream::{self, Head, Step};
use crate::operate::Scene;
use crate::ownership::Ownership;
use crate::problem::Problem;
use crate::schema::Schemas;
use crate::schema::events::{EventDoc, sign_of_life};
use crate::stream_rights::StreamRights;

/// What is seen, as whoever looks tells it.
type Seen = tokio::sync::watch::Receiver<Option<Arc<Scene>>>;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/admin/stream", follow)
            .summary("How things stand, as they change, from all of it on")
            .for_operators()
            .gives_events("Operate", events),
    ]
}

async fn follow(caller: Caller) -> Result<Response, Problem> {
    let app = caller.app.clone();
    let operate = app.operate()?;
    let permit = event_stream::permit(&app)?;
    let of_now = app.clone();
    let now_ms = move || of_now.client().transport().now_ms();
    let seen = operate.watching.watch(&operate.silos, now_ms);
    let retry = Duration::from_millis(app.config().sse_retry_ms);
    let head = Head {
        opening: sse::Event::default().retry(retry),
        // Whoever comes back is told all of it anew.
        position: 0,
    };
    let rights = StreamRights::new(caller, Ownership::Anything, "");
    let course = course(seen, permit);
    Ok(event_stream::respond(app, head, rights, course))
}

fn course(seen: Seen, permit: tokio::sync::OwnedSemaphorePermit) -> impl Stream<Item = Step> {
    let begin = (seen, None, VecDeque::new(), permit);
    stream::unfold(begin, async |(mut seen, mut told, mut waiting, permit)| {
        loop {
            if let Some(event) = waiting.pop_front() {
                let step = Step {
                    position: 0,
                    event: Some(event),
                };
                return Some((step, (seen, told, waiting, permit)));
            }
            let scene: Option<Arc<Scene>> = seen.borrow_and_update().clone();
            if let Some(scene) = scene {
                // A client that reads slowly is told the newest, and nothing of what was between.
                waiting.extend(scene.since(told.as_deref()));
                told = Some(scene);
            }
            if waiting.is_empty() {
                // Without a sender there is nothing more.
                seen.changed().await.ok()?;
            }
        }
    })
}

fn events(schemas: &mut Schemas) -> Vec<EventDoc> {
    let lines = schema::object(&[(
        "lines",
        "Newest first: the newest there are, then those that are new.",
        schema::list(schema::audit_line(schemas)),
    )]);
    let why = schema::object(&[(
        "why",
        "Why nothing is heard of the silos; null where something is again.",
        schema::text_or_null(),
    )]);
    let event = |event, about, data| EventDoc {
        event,
        about,
        data,
        has_id: false,
    };
    vec![
        event(
            "stats",
            "How things stand on all silos; every five seconds.",
            schema::stats(schemas),
        ),
        event(
            "plan",
            "What serves a type, as it is from now on.",
            schema::plan(schemas),
        ),
        event("audit", "Something was done with a module.", lines),
        event(
            "rates",
            "How modules did in the last minute; every second.",
            schema::rates(schemas),
        ),
        event("trouble", "No silo answers, or one does again.", why),
        sign_of_life(),
    ]
}
