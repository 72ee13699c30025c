//! Events that are posted to others: how that goes, and what could not be posted.

use serde_json::json;

use super::pass::{act, look};
use super::schema::{self, Field, any, count, list, object, one_of, or_null, text, text_or_null};
use crate::endpoint::{Endpoint, Parameter, delete, get, post};
use crate::problem;
use crate::schema::Schemas;

const PAGES: &[Parameter] = &[
    Parameter {
        name: "after",
        about: "The `next` of the page before.",
        schema: |_| text(),
    },
    Parameter {
        name: "limit",
        about: "How many at most, and how many where nothing is said.",
        schema: |_| json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 100}),
    },
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut all = webhooks();
    all.extend(letters());
    all
}

fn webhooks() -> Vec<Endpoint> {
    vec![
        get("/api/admin/webhooks", look)
            .summary("Webhooks, and how each one stands")
            .for_operators()
            .gives(|schemas| {
                let webhook = webhook(schemas);
                object(&[("webhooks", "All that were ever configured.", list(webhook))])
            }),
        get("/api/admin/webhooks/{name}", look)
            .summary("How a webhook stands")
            .for_operators()
            .gives(webhook),
        post("/api/admin/webhooks/{name}/test", act)
            .summary("Post a message of no event, to see whether it arrives")
            .for_operators()
            .declines(&[problem::CONFLICT])
            .gives(|_| done()),
        post("/api/admin/webhooks/{name}/switch-on", act)
            .summary("Go on after the receiver said that it is gone")
            .for_operators()
            .gives(|_| done()),
    ]
}

fn letters() -> Vec<Endpoint> {
    vec![
        get("/api/admin/webhooks/{name}/dead-letters", look)
            .summary("Events that could not be posted, oldest first")
            .for_operators()
            .query(PAGES)
            .gives(|schemas| {
                let letter = object(&letter_fields());
                let letter = schemas.name("AdminWebhookLetter", letter);
                object(&[
                    ("deadLetters", "The letters.", list(letter)),
                    ("next", "Where the next page begins.", or_null(text())),
                ])
            }),
        get("/api/admin/webhooks/{name}/dead-letters/{id}", look)
            .summary("One of them, with what was to be posted")
            .for_operators()
            .gives(|_| {
                let mut fields = letter_fields();
                fields.push(("bytes", "How long the message is.", count()));
                fields.push((
                    "message",
                    "The message; null where it was too long to be kept.",
                    any(),
                ));
                object(&fields)
            }),
        post("/api/admin/webhooks/{name}/dead-letters/{id}/replay", act)
            .summary("Post it once more; it goes when it is acknowledged")
            .for_operators()
            .declines(&[problem::REPLAY_FAILED])
            .gives(|_| {
                object(&[
                    ("id", "Its id.", text()),
                    ("detail", "What the receiver made of it.", text()),
                ])
            }),
        delete("/api/admin/webhooks/{name}/dead-letters/{id}", act)
            .summary("Forget it")
            .for_operators()
            .gives_nothing("It is gone."),
    ]
}

fn webhook(schemas: &mut Schemas) -> serde_json::Value {
    let states = ["starting", "on", "retrying", "off", "not-running"];
    let webhook = object(&[
        ("name", "Its name.", text()),
        (
            "state",
            "Whether it posts; `retrying` where something was not acknowledged, `off` where the receiver is gone.",
            one_of(&states),
        ),
        ("url", "Where to, without the query.", text()),
        ("stream", "Whose events.", text()),
        ("offBecause", "What the receiver said.", text_or_null()),
        ("at", "When this was written down.", schema::time()),
        ("delivered", "Events that were acknowledged.", count()),
        ("failed", "Attempts that were not.", count()),
        ("deadLetters", "Events that wait for an operator.", count()),
        (
            "missed",
            "Events that were not kept long enough to be posted.",
            count(),
        ),
        (
            "lag",
            "Events that are not posted yet, whether or not they are to be.",
            count(),
        ),
        (
            "attempts",
            "Of an event that is tried again: how often it was tried in vain.",
            count(),
        ),
        (
            "lastDelivery",
            "When one was acknowledged last.",
            or_null(schema::time()),
        ),
        ("lastError", "What went wrong last.", text_or_null()),
        ("lastErrorAt", "When that was.", or_null(schema::time())),
    ]);
    schemas.name("AdminWebhook", webhook)
}

fn letter_fields() -> Vec<Field<'static>> {
    vec![
        (
            "id",
            "The message's id, the same whenever it is sent.",
            text(),
        ),
        ("webhook", "Whose it is.", text()),
        ("at", "When it was given up.", schema::time()),
        ("stream", "The event's stream…", text()),
        ("key", "…and key…", text()),
        ("position", "…and position.", count()),
        ("attempts", "How often it was tried.", count()),
        ("error", "What the last attempt came to.", text()),
    ]
}

fn done() -> serde_json::Value {
    object(&[
        ("webhook", "Which one.", text()),
        ("detail", "What came of it.", text()),
    ])
}
