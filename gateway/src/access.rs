//! The check in front of every handler: who asks, how often, and whether they may.
//!
//! Each request leaves it with an [`Identity`]: that of its bearer token, of somebody on this
//! machine, or of nobody, which is all that a visitor of a public route has.

use std::net::IpAddr;

use axum::RequestExt as _;
use axum::extract::{RawPathParams, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use pizza_http::{Peer, bearer_token, is_forwarded};

use crate::app::App;
use crate::condition;
use crate::endpoint::Rules;
use crate::identity::{Authority, Holder, Identity, Role};
use crate::ownership::{self, Ownership};
use crate::problem::{self, Problem};

/// Lets a request pass to its handler, or answers it with the problem.
pub(crate) async fn check(
    State((app, rules)): State<(App, Rules)>,
    mut request: Request,
    next: Next,
) -> Response {
    match admit(&app, rules, &mut request).await {
        Ok(identity) => {
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn admit(app: &App, rules: Rules, request: &mut Request) -> Result<Identity, Problem> {
    // It is missing only in a test without a socket.
    let connection = request.extensions().get::<Peer>().cloned();
    let peer = connection.as_ref().map(Peer::address);
    if rules.streams {
        refuse_foreign_page(app, request).await?;
    }
    if rules.public {
        app.limits().check_peer(peer)?;
        return Ok(Identity::Nobody);
    }
    let is_open = rules.open_if.is_some_and(|holds| holds(app));
    let identity = match identify(app, peer, request) {
        Ok(identity) => identity,
        // Without a token; with a wrong one it is a mistake here too.
        Err(_) if is_open && !request.headers().contains_key(header::AUTHORIZATION) => {
            app.limits().check_peer(peer)?;
            return Ok(Identity::Nobody);
        }
        Err(problem) => {
            // Guessing tokens is slowed down like everything else that has none.
            app.limits().check_peer(peer)?;
            return Err(problem);
        }
    };
    // Only those who have shown a token keep their connection when others need room.
    if let (Identity::Known(_), Some(connection)) = (&identity, connection) {
        connection.authenticated();
    }
    // Those who may do everything have no limit of their own: an operator must get through
    // while everybody else is held up.
    if let Authority::Own(holder) = identity.authority() {
        app.limits().check_holder(holder.number)?;
        if is_open {
            return Ok(identity);
        }
        if !rules.roles.contains(&holder.role) {
            return Err(forbidden(holder, rules.roles));
        }
    }
    // It may have to ask an actor, so that what is cheaper to refuse is refused before.
    if rules.ownership != Ownership::Anything {
        let named = request.extract_parts::<RawPathParams>().await;
        let named = named.map_err(|e| Problem::new(problem::MALFORMED, e.body_text()))?;
        // The convention of all routes: what belongs to somebody is named first.
        if let Some((_, id)) = named.iter().next() {
            ownership::check(app, &identity, rules.ownership, id).await?;
        }
    }
    // What has no versions matches no tag; that is said only to those who may do it at all.
    condition::refuse_unless(rules.versioned, request.headers())?;
    Ok(identity)
}

/// A browser opens an event stream for any page, even where the request does not look like
/// one, so that the general check of pages has let it pass.
async fn refuse_foreign_page(app: &App, request: &mut Request) -> Result<(), Problem> {
    let Ok(head) = request.extract_parts::<Parts>().await;
    app.admission().check_page(&head)?;
    Ok(())
}

fn identify(app: &App, peer: Option<IpAddr>, request: &Request) -> Result<Identity, Problem> {
    let headers = request.headers();
    if headers.contains_key(header::AUTHORIZATION) {
        let holder = bearer_token(headers).and_then(|token| app.tokens().holder(token));
        // A wrong token is refused even where none is needed: its sender believes to be
        // somebody, and would be surprised to act as somebody else.
        return holder.map(Identity::Known).ok_or_else(|| {
            let detail = "the Authorization header has no bearer token that is known here";
            Problem::new(problem::UNAUTHORIZED, detail)
        });
    }
    // What a proxy hands on comes from loopback, but from somebody else.
    let local = peer.is_some_and(|peer| peer.to_canonical().is_loopback());
    let local = local && !is_forwarded(headers);
    if local && app.config().anonymous_on_loopback {
        return Ok(Identity::Local);
    }
    Err(Problem::no_token())
}

fn forbidden(holder: &Holder, roles: &[Role]) -> Problem {
    let mut allowed: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    // No rule lists the admin, who may do everything.
    allowed.push(Role::Admin.name());
    let detail = format!("the role {:?} may not do this", holder.role.name());
    Problem::new(problem::FORBIDDEN, detail).member("allowed", allowed)
}
