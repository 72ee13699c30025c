//! A request on its way to a silo.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::Response;
use bytes::Bytes;
use pizza_client::operators::Inquiry;

use crate::app::App;
use crate::identity::{Authority, Identity};
use crate::problem::Problem;

/// How long a silo may take to look something up.
const LOOK_WAIT: Duration = Duration::from_secs(10);
/// How long it may take to change something: a module is compiled, and all silos make it ready.
const CHANGE_WAIT: Duration = Duration::from_secs(120);

/// Where this API's paths begin that go to silos.
const PREFIX: &str = "/api/admin";
/// The paths that silos have under other names.
const RENAMED: &[(&str, &str)] = &[
    ("/audit", "/module-audit"),
    ("/plans", "/module-plans"),
    ("/types/", "/module-types/"),
];

/// The path and the query as a silo has them. They are handed on as they were sent: what is escaped in
/// a step of the path stays within it.
pub(super) fn path(uri: &Uri) -> String {
    let whole = uri
        .path_and_query()
        .map_or(uri.path(), |whole| whole.as_str());
    let rest = whole.strip_prefix(PREFIX).unwrap_or(whole);
    let renamed = RENAMED.iter().find_map(|(from, to)| {
        let rest = rest.strip_prefix(from)?;
        let is_whole = from.ends_with('/') || rest.is_empty() || rest.starts_with('?');
        is_whole.then(|| format!("{to}{rest}"))
    });
    renamed.unwrap_or_else(|| rest.to_owned())
}

/// A request of an operator for a silo.
pub(super) fn inquiry(method: Method, uri: &Uri, body: Bytes) -> Inquiry {
    let mut headers = HeaderMap::new();
    if !body.is_empty() {
        let content_type = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    let wait = if method == Method::GET {
        LOOK_WAIT
    } else {
        CHANGE_WAIT
    };
    let path = path(uri);
    Inquiry {
        method,
        path,
        headers,
        body,
        wait,
    }
}

/// Hands on what only looks.
pub(super) async fn look(State(app): State<App>, uri: Uri) -> Result<Response, Problem> {
    let inquiry = inquiry(Method::GET, &uri, Bytes::new());
    app.operate()?.silos.pass(&inquiry).await
}

/// Hands on a command without a body.
pub(super) async fn act(
    State(app): State<App>,
    identity: Identity,
    method: Method,
    uri: Uri,
) -> Result<Response, Problem> {
    command(&app, &identity, inquiry(method, &uri, Bytes::new())).await
}

/// Hands on a command. The silos' own log says what was done; who did it is known here alone.
pub(super) async fn command(
    app: &App,
    identity: &Identity,
    inquiry: Inquiry,
) -> Result<Response, Problem> {
    noted(identity, &inquiry);
    app.operate()?.silos.pass(&inquiry).await
}

/// Writes down who wants what.
pub(super) fn noted(identity: &Identity, inquiry: &Inquiry) {
    let subject = match (identity, identity.authority()) {
        (Identity::Known(holder), _) => holder.subject.as_str(),
        (_, Authority::Everything) => "somebody on this machine",
        _ => "nobody",
    };
    let Inquiry { method, path, .. } = inquiry;
    tracing::info!(subject, %method, path, "an operator acts");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_silos() {
        for (here, there) in [
            ("/api/admin/stats", "/stats"),
            (
                "/api/admin/audit?type=pot&limit=3",
                "/module-audit?type=pot&limit=3",
            ),
            ("/api/admin/plans", "/module-plans"),
            (
                "/api/admin/types/pot/rollback",
                "/module-types/pot/rollback",
            ),
            ("/api/admin/modules/ab12/activate", "/modules/ab12/activate"),
            (
                "/api/admin/actors/a%2Fb/..%2fstats",
                "/actors/a%2Fb/..%2fstats",
            ),
            ("/api/admin/auditor", "/auditor"),
        ] {
            let uri: Uri = here.parse().expect("a path");
            assert_eq!(path(&uri), there);
        }
    }
}
