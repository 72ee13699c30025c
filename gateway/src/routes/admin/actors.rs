//! Actors one by one, and the streams that they publish.

use axum::extract::State;
use axum::http::{Method, Uri};
use axum::response::Response;
use bytes::Bytes;

use super::pass::{self, look};
use super::schema::{
    self, any, count, flag, list, object, one_of, or_null, text, text_or_null, time,
};
use crate::app::App;
use crate::endpoint::{Endpoint, Parameter, get, post};
use crate::identity::Identity;
use crate::problem::{self, Problem};
use crate::routes::lists::AFTER;

const KEYS: &[Parameter] = &[
    Parameter {
        name: "q",
        about: "What a key must have in it.",
        schema: |_| schema::text(),
    },
    AFTER,
    schema::LIMIT,
];
const EVENTS: &[Parameter] = &[
    Parameter {
        name: "after",
        about: "The position behind which to begin.",
        schema: |_| schema::position(),
    },
    schema::LIMIT,
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/admin/actors/{type}", keys)
            .summary("Keys of a type's actors, or those that have something in them")
            .for_operators()
            .query(KEYS)
            .gives(|_| {
                let next = "Where the next page begins; null where all were looked at.";
                object(&[
                    ("keys", "The keys.", list(text())),
                    ("next", next, text_or_null()),
                ])
            }),
        get("/api/admin/actors/{type}/{key}", of_owner)
            .summary("What there is of an actor")
            .for_operators()
            .gives(|_| actor()),
        get("/api/admin/actors/{type}/{key}/history", of_owner)
            .summary("What an actor has handled, newest first")
            .for_operators()
            .query(&[schema::LIMIT])
            .gives(|_| history()),
        post("/api/admin/actors/{type}/{key}/deactivate", deactivate)
            .summary("Put an actor to rest; the next message opens it again")
            .for_operators()
            .declines(&[problem::OVERLOADED])
            .gives(|_| {
                object(&[
                    ("actor", "The actor, as `type/key`.", text()),
                    ("was", "How it was found.", presence()),
                    ("deactivated", "Whether it was put to rest.", flag()),
                ])
            }),
        get("/api/admin/streams/{stream}/{key}", look)
            .summary("Events of a stream")
            .for_operators()
            .query(EVENTS)
            .gives(|_| {
                let event = object(&[
                    ("position", "Its position in the stream.", count()),
                    ("at", "When it was published.", time()),
                    ("payload", "What it says.", any()),
                ]);
                object(&[
                    (
                        "oldest",
                        "The position of the oldest that is kept; 0 without any.",
                        count(),
                    ),
                    (
                        "newest",
                        "The position of the newest; 0 where there never was one.",
                        count(),
                    ),
                    ("events", "The events, oldest first.", list(event)),
                ])
            }),
    ]
}

async fn keys(State(app): State<App>, uri: Uri) -> Result<Response, Problem> {
    let mut inquiry = pass::inquiry(Method::GET, &uri, Bytes::new());
    let rest = inquiry.path.strip_prefix("/actors/").unwrap_or_default();
    // A silo has a whole actor at what would be the path of the keys.
    inquiry.path = format!("/actor-keys/{rest}");
    app.operate()?.silos.pass(&inquiry).await
}

async fn of_owner(State(app): State<App>, uri: Uri) -> Result<Response, Problem> {
    let inquiry = pass::inquiry(Method::GET, &uri, Bytes::new());
    let silos = &app.operate()?.silos;
    silos
        .pass_to_owner(&actor_path(&inquiry.path), &inquiry)
        .await
}

async fn deactivate(
    State(app): State<App>,
    identity: Identity,
    uri: Uri,
) -> Result<Response, Problem> {
    let inquiry = pass::inquiry(Method::POST, &uri, Bytes::new());
    pass::noted(&identity, &inquiry);
    let silos = &app.operate()?.silos;
    silos
        .pass_to_owner(&actor_path(&inquiry.path), &inquiry)
        .await
}

/// `/actors/{type}/{key}` of a path that begins so.
fn actor_path(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let steps: Vec<&str> = path.splitn(5, '/').take(4).collect();
    steps.join("/")
}

fn presence() -> serde_json::Value {
    one_of(&["not-in-memory", "at-rest", "at-work"])
}

fn actor() -> serde_json::Value {
    let state = object(&[
        ("bytes", "Its size.", count()),
        ("schema?", "Its layout.", count()),
        ("value?", "What it says, where that can be read.", any()),
        ("unreadable?", "Why it cannot be read.", text()),
    ]);
    let reminder = object(&[
        ("name", "Its name.", text()),
        ("due", "When it is due.", time()),
        (
            "periodMs",
            "How often it comes again, in milliseconds.",
            or_null(count()),
        ),
    ]);
    let pending = object(&[
        ("to", "Whom they are for, as `type/key`.", text()),
        ("waiting", "How many.", count()),
    ]);
    object(&[
        ("actor", "The actor, as `type/key`.", text()),
        ("exists", "Whether it has ever kept anything.", flag()),
        ("presence", "Whether its silo has it in memory.", presence()),
        ("retired?", "When it was retired.", time()),
        ("version?", "Raised with each commit.", count()),
        ("epoch?", "Raised each time that it is opened.", count()),
        ("owner?", "The id of the silo that opened it last.", text()),
        ("module?", "The module that served it last.", text_or_null()),
        (
            "state?",
            "Its state; null where it has none.",
            or_null(state),
        ),
        ("ended?", "When it ended.", time()),
        ("entries?", "What it keeps beside its state.", any()),
        ("reminders?", "What it is reminded of.", list(reminder)),
        ("pending", "Messages on their way from it.", list(pending)),
    ])
}

fn history() -> serde_json::Value {
    let message = object(&[
        ("messageId", "Names the message.", text()),
        ("at", "When it was handled.", time()),
        ("declined", "Whether the actor said no.", flag()),
        (
            "what",
            "What was asked: the function, or what else happened.",
            text(),
        ),
        ("caller", "Who asked; null from outside.", text_or_null()),
        ("trace", "The trace that it belongs to.", text_or_null()),
        ("replyBytes", "The size of the reply.", count()),
        ("reply", "The reply, or how it begins.", any()),
    ]);
    object(&[
        ("actor", "The actor, as `type/key`.", text()),
        (
            "messages",
            "The messages that are remembered, newest first.",
            list(message),
        ),
        ("complete", "Whether all were looked at.", flag()),
    ])
}

#[cfg(test)]
mod tests {
    use super::actor_path;

    #[test]
    fn an_actor_is_named_by_the_beginning_of_a_path() {
        for path in [
            "/actors/pot/a%2Fb",
            "/actors/pot/a%2Fb?limit=3",
            "/actors/pot/a%2Fb/history?limit=3",
            "/actors/pot/a%2Fb/deactivate",
        ] {
            assert_eq!(actor_path(path), "/actors/pot/a%2Fb");
        }
    }
}
