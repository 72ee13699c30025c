//! How things stand: silos, what serves, and how it does.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use super::{pass, schema};
use crate::answer::json;
use crate::app::App;
use crate::endpoint::{Endpoint, Parameter, get};
use crate::operate::dated;
use crate::problem::Problem;

const AUDIT: &[Parameter] = &[
    schema::TYPE,
    schema::LIMIT,
    Parameter {
        name: "after",
        about: "Only lines with a number above this.",
        schema: |_| schema::text(),
    },
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/admin/stats", stats)
            .summary("How things stand on all silos")
            .for_operators()
            .gives(schema::stats),
        get("/api/admin/rates", rates)
            .summary("How each module did in the last minute, on all silos together")
            .for_operators()
            .gives(schema::rates),
        get("/api/admin/plans", pass::look)
            .summary("What serves each actor type")
            .for_operators()
            .gives(|schemas| {
                let plan = schema::plan(schemas);
                schema::object(&[("plans", "By type.", schema::list(plan))])
            }),
        get("/api/admin/audit", pass::look)
            .summary("What was done with modules, newest first")
            .for_operators()
            .query(AUDIT)
            .gives(|schemas| {
                let line = schema::audit_line(schemas);
                schema::object(&[("audit", "The lines.", schema::list(line))])
            }),
        get("/api/admin/types/{type}/states", states)
            .summary(
                "How many actors of a type there are in memory, and with state of which layout",
            )
            .for_operators()
            .gives(|_| {
                let layout = schema::object(&[
                    ("schema", "The layout.", schema::count()),
                    ("actors", "How many have state of it.", schema::count()),
                ]);
                schema::object(&[
                    (
                        "inMemory",
                        "Actors in memory, on all silos together.",
                        schema::count(),
                    ),
                    (
                        "actors",
                        "Actors with state, of those that were looked at.",
                        schema::count(),
                    ),
                    ("layouts", "By layout.", schema::list(layout)),
                    (
                        "more",
                        "Whether there are more that were not looked at.",
                        schema::flag(),
                    ),
                ])
            }),
    ]
}

async fn states(State(app): State<App>, uri: Uri) -> Result<Response, Problem> {
    let silos = &app.operate()?.silos;
    // Without a query of the client's own: it is asked in two ways.
    let path = pass::path(&uri);
    let path = path.split('?').next().unwrap_or_default();
    let mut states = silos.look(path).await?;
    let in_memory = silos.all(&format!("{path}?layouts=false")).await;
    let told = in_memory.into_iter().filter_map(|(_, told)| told.ok());
    let in_memory: u64 = told.filter_map(|told| told["inMemory"].as_u64()).sum();
    states["inMemory"] = in_memory.into();
    json(StatusCode::OK, &states)
}

async fn stats(State(app): State<App>) -> Result<Response, Problem> {
    let stats = app.operate()?.silos.stats().await?;
    let now_ms = app.client().transport().now_ms();
    json(StatusCode::OK, &dated(stats, now_ms))
}

async fn rates(State(app): State<App>) -> Result<Response, Problem> {
    let rates = app.operate()?.silos.rates().await?;
    json(StatusCode::OK, &rates)
}
