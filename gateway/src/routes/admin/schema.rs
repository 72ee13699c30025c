//! What operators are given, as JSON schemas. It is made by silos, which may be newer than this gateway
//! and tell more.

use serde_json::{Map, Value, json};

use crate::endpoint::Parameter;
use crate::schema::{KEY, Schemas, about};

/// A field: its name with a `?` behind it where it may be missing, what it is, and its schema.
pub(super) type Field<'a> = (&'a str, &'a str, Value);

/// Of which type; all of them without it.
pub(super) const TYPE: Parameter = Parameter {
    name: "type",
    about: "Of this actor type alone.",
    schema: |_| json!({"type": "string", "pattern": KEY}),
};

/// How many at most, of a list. Silos give no more than this at once.
pub(super) const LIMIT: Parameter = Parameter {
    name: "limit",
    about: "How many at most; 100 where nothing is said.",
    schema: |_| json!({"type": "integer", "minimum": 1, "maximum": 1_000}),
};

/// An object with these fields, and maybe more.
pub(super) fn object(fields: &[Field<'_>]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, text, schema) in fields {
        let bare = name.trim_end_matches('?');
        if bare == *name {
            required.push(bare);
        }
        properties.insert(bare.to_owned(), about(text, schema.clone()));
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": true,
    })
}

pub(super) fn text() -> Value {
    json!({"type": "string"})
}

pub(super) fn one_of(texts: &[&str]) -> Value {
    json!({"type": "string", "enum": texts})
}

pub(super) fn text_or_null() -> Value {
    json!({"type": ["string", "null"]})
}

pub(super) fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

pub(super) fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

/// Where a list goes on that is numbered.
pub(super) fn position() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": i64::MAX})
}

pub(super) fn flag() -> Value {
    json!({"type": "boolean"})
}

pub(super) fn percent() -> Value {
    json!({"type": "number", "minimum": 0, "maximum": 100})
}

pub(super) fn digest() -> Value {
    json!({"type": "string", "pattern": "^[0-9a-f]{64}$"})
}

pub(super) fn list(of: Value) -> Value {
    json!({"type": "array", "items": of})
}

/// What a schema describes, or null.
pub(super) fn or_null(of: Value) -> Value {
    json!({"anyOf": [of, {"type": "null"}]})
}

/// Anything.
pub(super) fn any() -> Value {
    json!({})
}

pub(super) fn dead_letter(schemas: &mut Schemas) -> Value {
    let letter = object(&dead_letter_fields());
    schemas.name("AdminDeadLetter", letter)
}

pub(super) fn dead_letter_fields() -> Vec<Field<'static>> {
    vec![
        ("id", "Its number.", count()),
        ("at", "When it was given up.", time()),
        ("actor", "Whom it was for, as `type/key`.", text()),
        (
            "what",
            "What was asked: the function, or what else happened.",
            text(),
        ),
        ("attempts", "How often its actor failed at it.", count()),
        ("error", "Why the last attempt failed.", text()),
    ]
}

pub(super) fn plan(schemas: &mut Schemas) -> Value {
    let trial = object(&[
        ("digest", "The module on trial.", digest()),
        (
            "percent",
            "The share of the keys; with 0 it keeps only actors whose state nobody else can read.",
            percent(),
        ),
    ]);
    let trial = schemas.name("AdminTrial", trial);
    let plan = object(&[
        (
            "actorType?",
            "The type; absent where it was asked for by it.",
            text(),
        ),
        ("current", "The module that serves all others.", digest()),
        ("trial", "A second module beside it.", or_null(trial)),
        (
            "before",
            "Those that served before, the latest last.",
            list(digest()),
        ),
        (
            "bundled",
            "The one that came with the program.",
            or_null(digest()),
        ),
        ("since?", "Since when the current one serves.", time()),
        ("sinceMs", "The same in milliseconds since 1970.", count()),
        ("version", "Raised with each change.", count()),
    ]);
    schemas.name("AdminPlan", plan)
}

pub(super) fn audit_line(schemas: &mut Schemas) -> Value {
    let what = one_of(&[
        "pushed",
        "refused",
        "activated",
        "canary",
        "rolled-back",
        "dry-run",
        "withdrawn",
        "restored",
        "removed",
    ]);
    let line = object(&[
        (
            "id",
            "Its number: a later line has a greater one, as text.",
            text(),
        ),
        ("at", "When it was written.", time()),
        ("atMs", "The same in milliseconds since 1970.", count()),
        ("actorType", "The type.", text()),
        ("digest", "The module.", digest()),
        ("what", "What was done.", what),
        (
            "by",
            "Who wanted it; the silo where it acted by itself.",
            one_of(&["operator", "program", "silo"]),
        ),
        ("detail", "More of it, for people.", text()),
    ]);
    schemas.name("AdminAuditLine", line)
}

/// Turns and failures within a time, with their latencies.
fn counted() -> Vec<Field<'static>> {
    vec![
        ("overMs", "How long that was, in milliseconds.", count()),
        ("turns", "Turns that ended.", count()),
        ("failed", "Those of them that failed.", count()),
        (
            "p50Us",
            "Half of them took less, in microseconds, at most a quarter too high; 0 without turns.",
            count(),
        ),
        ("p99Us", "99 of 100 took less.", count()),
    ]
}

pub(super) fn rates(schemas: &mut Schemas) -> Value {
    let recently = object(&counted()[..3]);
    let recently = schemas.name("AdminRecently", recently);
    let since = schemas.name("AdminSinceTrial", object(&counted()));
    let mut fields = vec![
        ("actorType", "The type.", text()),
        ("digest", "The module.", digest()),
        (
            "role",
            "Which of a type's two it is.",
            one_of(&["current", "trial"]),
        ),
        (
            "percent",
            "The share of the keys that it serves.",
            percent(),
        ),
    ];
    fields.extend(counted());
    fields.push(("recently", "The last five minutes.", recently));
    fields.push((
        "sinceTrial?",
        "Since the trial of its type began, where there is one.",
        since,
    ));
    let rate = schemas.name("AdminRate", object(&fields));
    let rates = object(&[
        ("at", "The date of the silos.", time()),
        (
            "windowMs",
            "How far the figures of each module reach back, in milliseconds.",
            count(),
        ),
        (
            "rates",
            "All modules that serve, by type; of all silos together.",
            list(rate),
        ),
        ("missing", "Silos that did not tell theirs.", list(text())),
    ]);
    schemas.name("AdminRates", rates)
}

/// The circuit breaker of each type.
fn breakers(schemas: &mut Schemas) -> Value {
    let breaker = object(&[
        (
            "state",
            "Whether turns of the type are begun.",
            one_of(&["closed", "open", "half-open"]),
        ),
        (
            "failures?",
            "How many turns failed in a row, where it is closed.",
            count(),
        ),
        (
            "leftMs?",
            "How long it stays open, in milliseconds.",
            count(),
        ),
    ]);
    let breaker = schemas.name("AdminBreaker", breaker);
    json!({"type": "object", "additionalProperties": breaker})
}

fn silo(schemas: &mut Schemas) -> Value {
    let stores = one_of(&["embedded", "redis", "memory"]);
    let silo = object(&[
        ("silo", "The id of this start of it.", text()),
        ("name", "Its name, which stays over restarts.", text()),
        ("address?", "Where operators reach it.", text()),
        (
            "state",
            "Silent ones do not answer; dead ones went without saying so. Both have nothing of what follows but why.",
            one_of(&["live", "leaving", "silent", "dead"]),
        ),
        ("why?", "What is wrong with a silent or dead one.", text()),
        ("version?", "Of the program.", text()),
        ("startedAt?", "When it started.", time()),
        ("store?", "What keeps its actors.", stores),
        ("durability?", "What an acknowledgement survives.", text()),
        (
            "memoryBytes?",
            "The memory of its process, in bytes.",
            count(),
        ),
        ("actorsInMemory?", "Actors that are active.", count()),
        (
            "actorsAtWork?",
            "Those of them with a turn in progress.",
            count(),
        ),
        ("outboxPending?", "Messages on their way.", count()),
        ("remindersSoon?", "Reminders that are due soon.", count()),
        (
            "breakers?",
            "The circuit breaker of each type.",
            breakers(schemas),
        ),
        ("shards?", "How many shards it guards.", count()),
        (
            "leaseLeftMs?",
            "How much longer it may answer from memory, in milliseconds.",
            count(),
        ),
        (
            "clockAheadMs?",
            "How far its date is ahead of that of the store.",
            json!({"type": "integer"}),
        ),
        (
            "relayLagMs?",
            "How long ago the oldest turn began of which something waits.",
            count(),
        ),
        (
            "guardianLagMs?",
            "How long ago it looked at all shards that it guards.",
            count(),
        ),
        ("labels?", "What it has that actors may ask for.", any()),
        ("storeStopped?", "Why its store has stopped.", text()),
        ("storeFull?", "Why its store takes nothing new.", text()),
    ]);
    schemas.name("AdminSilo", silo)
}

pub(super) fn stats(schemas: &mut Schemas) -> Value {
    let totals = object(&[
        ("actorsInMemory", "Actors that are active.", count()),
        (
            "actorsAtWork",
            "Those of them with a turn in progress.",
            count(),
        ),
        ("outboxPending", "Messages on their way.", count()),
        ("remindersSoon", "Reminders that are due soon.", count()),
        ("breakersOpen", "Circuit breakers that are open.", count()),
    ]);
    let letters = object(&[
        (
            "count",
            "How many there are, of those that were counted.",
            count(),
        ),
        ("more", "Whether there are more that were not.", flag()),
        (
            "newest?",
            "The newest; absent where not all were counted.",
            dead_letter(schemas),
        ),
    ]);
    let silo = silo(schemas);
    let stats = object(&[
        ("at", "The date of the silos.", time()),
        (
            "totals",
            "Of all silos together.",
            schemas.name("AdminTotals", totals),
        ),
        (
            "deadLetters",
            "Messages that could not be handled.",
            schemas.name("AdminLetters", letters),
        ),
        (
            "silos",
            "One row for each silo, those that are gone last.",
            list(silo),
        ),
    ]);
    schemas.name("AdminStats", stats)
}
