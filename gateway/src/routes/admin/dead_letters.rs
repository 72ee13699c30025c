//! Messages that could not be handled: looked at, delivered once more, dropped.

use axum::extract::State;
use axum::http::{Method, Uri};
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;

use super::pass::{self, look};
use super::schema::{self, any, count, flag, list, object, or_null, text, text_or_null};
use crate::app::App;
use crate::endpoint::{Endpoint, Parameter, delete, get, post};
use crate::identity::Identity;
use crate::problem::{self, Problem};

const PAGES: &[Parameter] = &[
    Parameter {
        name: "after",
        about: "The `next` of the page before.",
        schema: |_| schema::position(),
    },
    Parameter {
        name: "limit",
        about: "How many at most, and how many where nothing is said: each may have a megabyte.",
        schema: |_| json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 100}),
    },
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/admin/dead-letters", look)
            .summary("Messages that could not be handled, oldest first")
            .for_operators()
            .query(PAGES)
            .gives(|schemas| {
                let letter = schema::dead_letter(schemas);
                object(&[
                    ("deadLetters", "The letters.", list(letter)),
                    ("next", "Where the next page begins.", or_null(count())),
                ])
            }),
        get("/api/admin/dead-letters/{id}", look)
            .summary("One of them, with what it says")
            .for_operators()
            .gives(|_| {
                let mut fields = schema::dead_letter_fields();
                fields.push(("messageId", "Names the message.", text()));
                fields.push(("caller", "Who sent it, as `type/key`.", text_or_null()));
                fields.push(("trace", "The trace that it belongs to.", text_or_null()));
                fields.push(("message", "What it says.", any()));
                object(&fields)
            }),
        post("/api/admin/dead-letters/{id}/replay", change)
            .summary("Deliver it once more; it goes when its actor answers")
            .for_operators()
            .declines(&[problem::REPLAY_FAILED])
            .gives(|_| {
                object(&[
                    ("id", "Its number.", count()),
                    ("declined", "Whether the actor said no.", flag()),
                    ("reply", "What the actor said.", any()),
                ])
            }),
        delete("/api/admin/dead-letters/{id}", change)
            .summary("Forget it")
            .for_operators()
            .gives_nothing("It is gone."),
    ]
}

async fn change(
    State(app): State<App>,
    identity: Identity,
    method: Method,
    uri: Uri,
) -> Result<Response, Problem> {
    let inquiry = pass::inquiry(method, &uri, Bytes::new());
    let done = pass::command(&app, &identity, inquiry).await;
    app.operate()?.silos.letters_changed();
    done
}
