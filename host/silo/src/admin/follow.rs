//! `/actor-turns/{type}`: the turns and log lines of one type as they happen, a line of JSON each. Nothing
//! is kept for it: whoever comes hears what is told from then on.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream;
use pizza_guest::follow::{Ended, Follower, Heard, How, Told};
use pizza_types::LogLevel;
use serde_json::{Value, json};

use super::actors::check_type;
use super::extract::Path;
use super::problem::Problem;
use super::rights::Routes;
use super::state::Admin;
use super::view::time;

/// A line after which somebody knows that the silo is still there, and the silo that somebody
/// listens.
const ALIVE: Duration = Duration::from_secs(10);

pub(super) fn routes() -> Routes {
    Routes::default().for_operators("/actor-turns/{type}", get(follow))
}

async fn follow(
    State(admin): State<Admin>,
    Path(actor_type): Path<String>,
) -> Result<Response, Problem> {
    check_type(&admin, &actor_type)?;
    let follower = Follower::begin(&actor_type).ok_or_else(|| {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let detail = "as many look at turns as may; end one of them, or come back later";
        Problem::new(status, "overloaded", detail)
    })?;
    // At once, so that whoever asked knows from when on everything is told.
    let first = Some(json!({"following": actor_type}));
    let lines = stream::unfold((admin, follower, first), async |(admin, mut of, first)| {
        let line = match first {
            Some(line) => line,
            None => next(&admin, &mut of).await?,
        };
        Some((Ok::<_, Infallible>(format!("{line}\n")), (admin, of, None)))
    });
    let kind = [(CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(lines)).into_response())
}

/// The next line; `None` when the silo is about to go.
async fn next(admin: &Admin, follower: &mut Follower) -> Option<Value> {
    let mut closing = admin.closing.clone();
    let heard = tokio::select! {
        _ = closing.wait_for(|closing| *closing) => return None,
        heard = follower.hear() => heard?,
        () = tokio::time::sleep(ALIVE) => return Some(json!({"alive": true})),
    };
    let mut view = match heard {
        Heard::LeftOut(count) => return Some(json!({"leftOut": count})),
        Heard::Told(Told::Turn(ended)) => turn(&ended),
        Heard::Told(Told::Line {
            actor,
            line,
            is_failed,
        }) => json!({
            "actor": actor.to_string(),
            "level": level(line.level),
            "line": line.message,
            "failed": is_failed,
        }),
    };
    view["at"] = json!(time(admin.silo.wall_ms()));
    Some(view)
}

fn turn(ended: &Ended) -> Value {
    let (how, why) = match &ended.how {
        How::Handled => ("handled", None),
        How::Declined => ("declined", None),
        How::Repeated => ("repeated", None),
        How::Failed(why) => ("failed", Some(why)),
    };
    json!({
        "actor": ended.actor.to_string(),
        "what": ended.what,
        "messageId": ended.message_id.to_string(),
        "caller": ended.caller.as_ref().map(ToString::to_string),
        "how": how,
        "why": why,
        "tookUs": u64::try_from(ended.took.as_micros()).unwrap_or(u64::MAX),
    })
}

fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace => "trace",
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}
