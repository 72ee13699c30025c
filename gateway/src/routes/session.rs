//! `/api/session`: who a page's user is, and signing in and out.

mod schema;

use std::borrow::Cow;
use std::path::Path;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use pizza_http::Peer;
use serde::{Deserialize, Serialize};

use crate::acknowledgement::durability_text;
use crate::answer::json as answer;
use crate::app::App;
use crate::authentication;
use crate::body::{JsonBody, Text};
use crate::endpoint::{Endpoint, delete, get, post};
use crate::identity::{Authority, Ends, Identity, Role};
use crate::ownership::Ownership;
use crate::problem::{self, Problem};
use crate::routes::simulation;
use crate::schema::is_key;
use crate::session;
use crate::time::At;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/api/session", read)
            .summary("Who asks, and what this process is")
            .open_if(|_| true)
            .by(&Role::ALL, Ownership::Anything)
            .declines(&[problem::UNAVAILABLE])
            .gives(schema::told),
        post("/api/session", sign_in)
            .summary("Sign in: change a token, or a role of the demo, for a cookie")
            .public()
            .takes(schema::sign_in)
            .declines(&[
                problem::UNAUTHORIZED,
                problem::FORBIDDEN,
                problem::INVALID,
                problem::UNAVAILABLE,
            ])
            .gives_nothing("The answer sets the cookie."),
        delete("/api/session", sign_out)
            .summary("Sign out")
            .public()
            .gives_nothing("The answer removes the cookie."),
    ]
}

/// What a page is told of its user and of this process.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    role: &'a str,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    restaurant_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<At>,
    can_simulate: bool,
    can_operate: bool,
    demo_roles: Vec<DemoRole<'a>>,
    server_time: At,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    durability: Option<Cow<'static, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_path: Option<Cow<'a, str>>,
    ui: &'static str,
}

/// Whom somebody on this machine may be in the demo.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DemoRole<'a> {
    role: Role,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    restaurant_id: Option<&'a str>,
    label: String,
}

async fn read(
    State(app): State<App>,
    identity: Identity,
    Extension(Ends(ends_ms)): Extension<Ends>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let peer = peer.map(|Extension(peer)| peer);
    let client = authentication::client(&app, peer.as_ref(), &headers);
    let (role, holder) = match &identity {
        Identity::Known(holder) => (holder.role.name(), Some(holder)),
        Identity::Local => ("local", None),
        Identity::Nobody | Identity::Link(_) => ("nobody", None),
    };
    // Where things lie on a disk is for whoever may look at everything.
    let looks = matches!(
        identity.authority(),
        Authority::Everything | Authority::Look(_)
    );
    let data = app.provided().data.as_deref().filter(|_| looks);
    let told = Told {
        role,
        subject: holder.map_or("", |holder| &holder.subject),
        restaurant_id: holder.and_then(|holder| restaurant(holder.role, &holder.subject)),
        expires_at: ends_ms.map(At::of),
        can_simulate: simulation::is_offered(&app, &identity, client),
        can_operate: looks && app.operate().is_ok(),
        demo_roles: if client.may_have_lent {
            demo_roles(&app)
        } else {
            Vec::new()
        },
        server_time: At::of(app.client().transport().now_ms()),
        version: app.version().to_str().unwrap_or_default(),
        durability: app.provided().durability.map(durability_text),
        data_path: data.map(Path::to_string_lossy),
        ui: if app.pages().are_present {
            "present"
        } else {
            "absent"
        },
    };
    let mut response = answer(StatusCode::OK, &told)?;
    // One that does not count any more: without it the page is who it would be anyway.
    if session::is_sent(&headers, client.is_secured) && holder.is_none() {
        let cookie = session::removed(client.is_secured)?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The roles that the demo has tokens for: with whom they are, they are what there is to try.
fn demo_roles(app: &App) -> Vec<DemoRole<'_>> {
    let mut roles: Vec<DemoRole<'_>> = Vec::new();
    for token in &app.config().tokens {
        let (role, subject) = (token.role, token.subject.as_str());
        if roles
            .iter()
            .any(|known| (known.role, known.subject) == (role, subject))
        {
            continue;
        }
        let label = if subject.is_empty() {
            role.name().to_owned()
        } else {
            format!("{} {subject}", role.name())
        };
        roles.push(DemoRole {
            role,
            subject,
            restaurant_id: restaurant(role, subject),
            label,
        });
    }
    roles
}

/// The restaurant that somebody works for, where the role alone says so.
fn restaurant(role: Role, subject: &str) -> Option<&str> {
    matches!(role, Role::Kitchen | Role::Manager).then_some(subject)
}

/// One or the other: what is both, or neither, is refused by the document's words.
#[derive(Deserialize)]
#[serde(untagged)]
enum SignIn<'a> {
    #[serde(borrow)]
    ByToken(ByToken<'a>),
    #[serde(borrow)]
    ByRole(ByRole<'a>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByToken<'a> {
    #[serde(borrow)]
    token: Text<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ByRole<'a> {
    #[serde(borrow)]
    demo_role: Lent<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lent<'a> {
    role: Role,
    #[serde(borrow)]
    subject: Option<Text<'a>>,
}

async fn sign_in(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let peer = peer.map(|Extension(peer)| peer);
    let client = authentication::client(&app, peer.as_ref(), &headers);
    let cookies = match body.parse()? {
        SignIn::ByToken(ByToken { token }) => {
            let known = session::of_token(&app, &headers, &token.0, client.is_secured).await?;
            known.ok_or_else(|| {
                let detail = "this token is not known here";
                Problem::new(problem::UNAUTHORIZED, detail)
            })?
        }
        SignIn::ByRole(ByRole { demo_role }) => {
            if !client.may_have_lent {
                let detail = "roles without a token are for a demo, on its own machine";
                return Err(Problem::new(problem::FORBIDDEN, detail));
            }
            let subject = demo_role.subject.map(|text| text.0.into_owned());
            let subject = subject.unwrap_or_default();
            if !subject.is_empty() && !is_key(&subject) {
                let message = "this cannot be the id of anything";
                return Err(body.invalid_at(&["/demoRole/subject"], message));
            }
            let (role, is_secured) = (demo_role.role, client.is_secured);
            session::of_lent_role(&app, &headers, role, subject, is_secured).await?
        }
    };
    Ok(nothing_but(cookies))
}

async fn sign_out(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let peer = peer.map(|Extension(peer)| peer);
    let is_secured = crate::cookie::is_secured(peer.as_ref(), &headers);
    Ok(nothing_but(session::ended(&app, &headers, is_secured)?))
}

/// No body, and cookies.
pub(super) fn nothing_but(cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
