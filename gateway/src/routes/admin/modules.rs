//! Modules: looked at, pushed, given actors and taken away again.

use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use pizza_client::operators::Inquiry;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::pass::{self, act, command, look};
use super::schema::{self, TYPE, count, digest, flag, list, object, percent, text};
use crate::app::App;
use crate::body::{JsonBody, Text, is_plain, read_whole};
use crate::endpoint::{Endpoint, Parameter, delete, get, post};
use crate::identity::Identity;
use crate::problem::{self, Problem};
use crate::schema::{LINE, Schemas, is_line};

/// The largest component that is received, in bytes. A silo may take less.
const MODULE_BYTES_MAX: usize = 64 << 20;
/// How long a component may take to come: one of that size over ten megabits a second.
const MODULE_WAIT: Duration = Duration::from_secs(60);
/// How long a silo may take until it begins to answer: it reads the component first.
const PUSH_WAIT: Duration = Duration::from_secs(60);
const WASM: &str = "application/wasm";
/// The header that carries a signature.
const SIGNATURE: HeaderName = HeaderName::from_static("x-module-signature");

pub(super) fn endpoints() -> Vec<Endpoint> {
    [kept(), serving()].into_iter().flatten().collect()
}

const TRIED: &[Parameter] = &[Parameter {
    name: "limit",
    about: "How many states at most; all of them where nothing is said.",
    schema: |_| json!({"type": "integer", "minimum": 1, "maximum": u32::MAX}),
}];

const REFUSED: &[problem::Kind] = &[problem::MODULE_REFUSED];

/// Of modules as they are kept.
fn kept() -> Vec<Endpoint> {
    vec![
        get("/api/admin/modules", look)
            .summary("Modules that are kept, by type, the newest first")
            .for_operators()
            .query(&[TYPE, schema::LIMIT])
            .gives(|schemas| {
                let modules = list(module(schemas));
                object(&[("modules", "The modules.", modules)])
            }),
        post("/api/admin/modules", push)
            .summary(
                "Push a module: the stages as they are done, then the module or why it is refused",
            )
            .for_operators()
            .query(&[TYPE])
            .takes_file(WASM, |_| json!({"type": "string", "format": "binary"}))
            .declines(&[problem::OVERLOADED])
            .gives_lines(step),
        get("/api/admin/modules/{digest}", look)
            .summary("One module, and the plan of its type")
            .for_operators()
            .gives(|schemas| {
                let plan = schema::or_null(schema::plan(schemas));
                let mut fields = module_fields();
                fields.push(("plan?", "What serves its type.", plan));
                object(&fields)
            }),
        delete("/api/admin/modules/{digest}", act)
            .summary("Remove a module that serves nobody")
            .for_operators()
            .declines(REFUSED)
            .gives_nothing("It is gone."),
        get("/api/admin/modules/{old}/diff/{new}", look)
            .summary("What changes for others when one module takes the place of another")
            .for_operators()
            .declines(REFUSED)
            .gives(|_| object(&[("changes", "All of them.", changes())])),
    ]
}

/// Of what serves, and what may.
fn serving() -> Vec<Endpoint> {
    vec![
        post("/api/admin/modules/{digest}/activate", activate)
            .summary("Have a module serve its type, or a share of it")
            .for_operators()
            .may_take(activation)
            .declines(REFUSED)
            .gives(planned),
        post("/api/admin/modules/{digest}/dry-run", act)
            .summary("Try whether a module reads all states there are; nothing is changed")
            .for_operators()
            .query(TRIED)
            .declines(REFUSED)
            .gives(dry_run),
        post("/api/admin/modules/{digest}/withdraw", withdraw)
            .summary("Never have a module serve again")
            .for_operators()
            .takes(|_| {
                let why = json!({"type": "string", "minLength": 1, "maxLength": WHY_MAX, "pattern": LINE});
                closed(object(&[("why", "Why, for people.", why)]))
            })
            .declines(REFUSED)
            .gives(|_| {
                object(&[
                    ("digest", "The module.", digest()),
                    ("withdrawn", "Why.", text()),
                ])
            }),
        delete("/api/admin/modules/{digest}/withdraw", act)
            .summary("Take a withdrawal back")
            .for_operators()
            .declines(REFUSED)
            .gives_nothing("It may serve again."),
        post("/api/admin/types/{type}/rollback", roll_back)
            .summary("Take back what was activated last: a trial, or the module that serves")
            .for_operators()
            .may_take(seen)
            .declines(REFUSED)
            .gives(planned),
    ]
}

/// How a module is to serve.
#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Activation {
    percent: Option<f64>,
    force: Option<bool>,
    allow_withdrawn: Option<bool>,
    force_unreadable: Option<bool>,
    version: Option<u64>,
}

/// Which plan is meant.
#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Seen {
    version: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Why<'a> {
    #[serde(borrow)]
    why: Text<'a>,
}

/// The longest reason, in characters.
const WHY_MAX: usize = 500;

async fn activate(
    State(app): State<App>,
    identity: Identity,
    uri: Uri,
    body: JsonBody,
) -> Result<Response, Problem> {
    let wanted: Activation = body.parse_or_default()?;
    let is_share = |percent: f64| percent > 0.0 && percent <= 100.0;
    if wanted.percent.is_some_and(|percent| !is_share(percent)) {
        let message = "a trial has more than 0 percent, and at most 100";
        return Err(body.invalid_at(&["/percent"], message));
    }
    let inquiry = pass::inquiry(Method::POST, &uri, given(&wanted));
    command(&app, &identity, inquiry).await
}

/// What is given as null is as if it were left out.
fn given(wanted: &impl Serialize) -> Bytes {
    // Plain structs of numbers and flags always serialize.
    let mut given = serde_json::to_value(wanted).unwrap_or_default();
    if let Some(fields) = given.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    given.to_string().into()
}

async fn withdraw(
    State(app): State<App>,
    identity: Identity,
    uri: Uri,
    body: JsonBody,
) -> Result<Response, Problem> {
    let Why { why } = body.parse()?;
    if !is_line(&why.0) || !(1..=WHY_MAX).contains(&why.0.chars().count()) {
        let message = format!("it takes 1 to {WHY_MAX} characters, all on one line");
        return Err(body.invalid_at(&["/why"], &message));
    }
    let inquiry = pass::inquiry(Method::POST, &uri, body.bytes());
    command(&app, &identity, inquiry).await
}

async fn roll_back(
    State(app): State<App>,
    identity: Identity,
    uri: Uri,
    body: JsonBody,
) -> Result<Response, Problem> {
    let seen: Seen = body.parse_or_default()?;
    let inquiry = pass::inquiry(Method::POST, &uri, given(&seen));
    command(&app, &identity, inquiry).await
}

async fn push(
    State(app): State<App>,
    identity: Identity,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let operate = app.operate()?;
    if headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|of| of != WASM)
    {
        let detail = format!("the content type must be {WASM}");
        return Err(Problem::new(problem::MEDIA_TYPE, detail));
    }
    is_plain(&headers)?;
    let permit = operate.upload()?;
    let wasm = read_whole(body, MODULE_BYTES_MAX, MODULE_WAIT).await?;
    let mut of_silo = HeaderMap::new();
    of_silo.insert(header::CONTENT_TYPE, HeaderValue::from_static(WASM));
    if let Some(signature) = headers.get(SIGNATURE) {
        of_silo.insert(SIGNATURE, signature.clone());
    }
    let inquiry = Inquiry {
        method: Method::POST,
        path: pass::path(&uri),
        headers: of_silo,
        body: wasm,
        wait: PUSH_WAIT,
    };
    pass::noted(&identity, &inquiry);
    let answer = operate.silos.pass_along(&inquiry).await;
    // A silo answers when it has all of it.
    drop(permit);
    answer
}

/// A body has nothing else: what is misspelt is not to be ignored.
fn closed(mut schema: Value) -> Value {
    schema["additionalProperties"] = false.into();
    schema
}

fn activation(_: &mut Schemas) -> Value {
    let share = json!({"type": "number", "exclusiveMinimum": 0, "maximum": 100});
    let share = schema::or_null(share);
    let maybe = || schema::or_null(flag());
    closed(object(&[
        (
            "percent?",
            "The share of the keys that it is to have on trial; without it, it serves everybody.",
            share,
        ),
        (
            "force?",
            "Also where that breaks those who call it.",
            maybe(),
        ),
        ("allowWithdrawn?", "Also where it was withdrawn.", maybe()),
        (
            "forceUnreadable?",
            "Also where it cannot read states that there are.",
            maybe(),
        ),
        version(),
    ]))
}

fn seen(_: &mut Schemas) -> Value {
    closed(object(&[version()]))
}

fn version() -> schema::Field<'static> {
    let version = schema::or_null(count());
    let about = "The version of the plan that was looked at: it is done only while that holds, and so once.";
    ("version?", about, version)
}

fn planned(schemas: &mut Schemas) -> Value {
    let plan = schema::plan(schemas);
    object(&[("plan", "What serves the type from now on.", plan)])
}

fn dry_run(_: &mut Schemas) -> Value {
    let failing = object(&[
        ("actor", "The actor, as `type/key`.", text()),
        ("schema", "The layout of its state.", count()),
        ("why", "Why it cannot be read.", text()),
    ]);
    object(&[
        ("actors", "How many were looked at.", count()),
        (
            "migrated",
            "States of an older layout that became one of its own.",
            count(),
        ),
        ("read", "States of its own layout.", count()),
        (
            "readBy",
            "How it was found out that it reads them.",
            schema::any(),
        ),
        ("failed", "States that it cannot read.", count()),
        ("failing", "Some of those.", list(failing)),
    ])
}

fn changes() -> Value {
    list(object(&[
        ("place", "What changes.", text()),
        ("what", "How.", text()),
        (
            "warning",
            "Whether it may be borne; else it breaks others.",
            flag(),
        ),
    ]))
}

fn module(schemas: &mut Schemas) -> Value {
    schemas.name("AdminModule", object(&module_fields()))
}

fn module_fields() -> Vec<schema::Field<'static>> {
    vec![
        ("digest", "Its name.", digest()),
        ("actorType", "The type that it serves.", text()),
        ("bytes", "The size of its component.", count()),
        ("at", "When it was pushed.", schema::time()),
        ("schema", "The layout of the state that it writes.", count()),
        (
            "signedBy",
            "The name of the key that signed it.",
            schema::text_or_null(),
        ),
        ("isBundled", "Whether it came with the program.", flag()),
        ("methods", "Its functions.", list(text())),
        ("subscriptions", "The streams that it hears.", list(text())),
        ("manifest", "What it asks for.", schema::any()),
        (
            "percent",
            "The share of the keys that it serves; null where it serves nobody.",
            schema::or_null(percent()),
        ),
        (
            "withdrawn?",
            "That it is not to serve again, by whom, when and why.",
            schema::any(),
        ),
        (
            "turns?",
            "Its turns since it serves, on one of the silos.",
            count(),
        ),
        ("failed?", "Those of them that failed.", count()),
        (
            "p50Us?",
            "Half of them took less, in microseconds.",
            count(),
        ),
        ("p99Us?", "99 of 100 took less.", count()),
    ]
}

/// A line of the answer to a push.
fn step(schemas: &mut Schemas) -> Value {
    let stage = object(&[
        ("stage", "What is done.", text()),
        ("tookUs", "How long it took, in microseconds.", count()),
    ]);
    let module = object(&[
        ("module", "What was pushed.", schema::any()),
        (
            "changes",
            "What changes for others if it serves.",
            changes(),
        ),
        ("breaks", "Whom that breaks.", schema::any()),
    ]);
    let refused = object(&[
        ("refused", "Why it is not taken.", text()),
        ("stage", "Where that was found.", text()),
    ]);
    let choice = json!({"anyOf": [
        schemas.name("AdminPushStage", stage),
        schemas.name("AdminPushed", module),
        schemas.name("AdminPushRefused", refused),
    ]});
    schemas.name("AdminPushLine", choice)
}
