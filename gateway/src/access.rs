//! The check in front of every handler: who asks, how often, and whether they may.
//!
//! Each request leaves it with an [`Identity`]: that of its token or its session, of somebody on
//! this machine, of whoever has an order's link, or of nobody, which is all that a visitor of a
//! public route has.

use axum::RequestExt as _;
use axum::extract::{RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use pizza_http::Peer;

use crate::app::App;
use crate::authentication::{self, Authenticated};
use crate::condition;
use crate::endpoint::Rules;
use crate::identity::{Authority, Ends, Holder, Identity, Role};
use crate::ownership::{self, Ownership};
use crate::problem::{self, Problem};

/// Lets a request pass to its handler, or answers it with the problem.
pub(crate) async fn check(
    State((app, rules)): State<(App, Rules)>,
    mut request: Request,
    next: Next,
) -> Response {
    let authenticated = match admit(&app, rules, &mut request).await {
        Ok(authenticated) => authenticated,
        Err(problem) => return problem.into_response(),
    };
    let session = authenticated.session;
    let ends_ms = session.as_ref().map(|session| session.ends_ms);
    request.extensions_mut().insert(authenticated.identity);
    request.extensions_mut().insert(Ends(ends_ms));
    let mut response = next.run(request).await;
    if let Some(renewed) = session.and_then(|session| session.renewed) {
        renew(&mut response, renewed);
    }
    response
}

/// Gives a client the younger cookie of its session, unless the handler has just said otherwise.
fn renew(response: &mut Response, cookie: HeaderValue) {
    let name = |cookie: &HeaderValue| {
        cookie
            .as_bytes()
            .split(|b| *b == b'=')
            .next()
            .map(Vec::from)
    };
    let headers = response.headers_mut();
    let mut set = headers.get_all(header::SET_COOKIE).iter();
    if !set.any(|set| name(set) == name(&cookie)) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

async fn admit(app: &App, rules: Rules, request: &mut Request) -> Result<Authenticated, Problem> {
    // It is missing only in a test without a socket.
    let connection = request.extensions().get::<Peer>().cloned();
    let peer = connection.as_ref();
    let address = peer.map(Peer::address);
    if rules.streams {
        refuse_foreign_page(app, request).await?;
    }
    if rules.public {
        app.limits().check_peer(address)?;
        return Ok(as_somebody(Identity::Nobody));
    }
    let known = match authentication::identify(app, peer, request).await {
        Ok(known) => permit(app, rules, &known.identity, request)
            .await
            .map(|()| known),
        Err(problem) => {
            // Guessing tokens is slowed down like everything else that has none.
            app.limits().check_peer(address)?;
            // Without a token; with a wrong one it is a mistake here too. A session that does not
            // count any more makes nobody somebody else, where nobody has to be anybody.
            let is_open = rules.open_if.is_some_and(|holds| holds(app));
            let shows_none = !request.headers().contains_key(header::AUTHORIZATION);
            if is_open && shows_none && problem.kind() == problem::UNAUTHORIZED {
                let anybody = authentication::anonymous(app, peer, request.headers());
                return Ok(as_somebody(anybody.unwrap_or(Identity::Nobody)));
            }
            Err(problem)
        }
    };
    let known = match known {
        Ok(known) => known,
        // Whoever may not do it by what they are may have the order's link beside it. Whoever asks too often, or
        // whom nobody can tell of at the moment, has asked in any case.
        Err(problem) if [problem::UNAUTHORIZED, problem::FORBIDDEN].contains(&problem.kind()) => {
            app.limits().check_peer(address)?;
            by_link(app, rules, request).await?.ok_or(problem)?
        }
        Err(problem) => return Err(problem),
    };
    // Only those who have shown a token keep their connection when others need room.
    if let (Identity::Known(_), Some(connection)) = (&known.identity, connection) {
        connection.authenticated();
    }
    // What has no versions matches no tag; that is said only to those who may do it at all.
    condition::refuse_unless(rules.versioned, request.headers())?;
    Ok(known)
}

/// Whether they may: often, at all, and with what the path names.
async fn permit(
    app: &App,
    rules: Rules,
    identity: &Identity,
    request: &mut Request,
) -> Result<(), Problem> {
    let is_open = rules.open_if.is_some_and(|holds| holds(app));
    // Those who may do everything have no limit of their own: an operator must get through
    // while everybody else is held up.
    if let Authority::Own(holder) | Authority::Look(holder) = identity.authority() {
        if let Some(number) = holder.number {
            app.limits().check_holder(number)?;
        }
        if is_open {
            return Ok(());
        }
        let looks = matches!(*request.method(), Method::GET | Method::HEAD);
        let may = match holder.role {
            Role::Observer => looks,
            role => rules.roles.contains(&role),
        };
        if !may {
            return Err(forbidden(holder, rules.roles));
        }
    }
    // It may have to ask an actor, so that what is cheaper to refuse is refused before.
    if rules.ownership != Ownership::Anything
        && let Some(id) = named_first(request).await?
    {
        ownership::check(app, identity, rules.ownership, &id).await?;
    }
    Ok(())
}

/// Whoever has the link of the order that the path names, where that opens anything.
async fn by_link(
    app: &App,
    rules: Rules,
    request: &mut Request,
) -> Result<Option<Authenticated>, Problem> {
    if !rules.by_link || request.headers().contains_key(header::AUTHORIZATION) {
        return Ok(None);
    }
    let Some(id) = named_first(request).await? else {
        return Ok(None);
    };
    let known = authentication::by_link(app, &id, request).await?;
    if let Some(known) = &known {
        ownership::check(app, &known.identity, rules.ownership, &id).await?;
    }
    Ok(known)
}

/// The convention of all routes: what belongs to somebody is named first.
async fn named_first(request: &mut Request) -> Result<Option<String>, Problem> {
    let named = request.extract_parts::<RawPathParams>().await;
    let named = named.map_err(|e| Problem::new(problem::MALFORMED, e.body_text()))?;
    Ok(named.iter().next().map(|(_, id)| id.to_owned()))
}

fn as_somebody(identity: Identity) -> Authenticated {
    let session = None;
    Authenticated { identity, session }
}

/// A browser opens an event stream for any page, even where the request does not look like
/// one, so that the general check of pages has let it pass.
async fn refuse_foreign_page(app: &App, request: &mut Request) -> Result<(), Problem> {
    let Ok(head) = request.extract_parts::<Parts>().await;
    app.admission().check_page(&head)?;
    Ok(())
}

fn forbidden(holder: &Holder, roles: &[Role]) -> Problem {
    let mut allowed: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    // No rule lists the admin, who may do everything.
    allowed.push(Role::Admin.name());
    let detail = format!("the role {:?} may not do this", holder.role.name());
    Problem::new(problem::FORBIDDEN, detail).member("allowed", allowed)
}
