//! Who asks: there is one way to find out. A token in the `Authorization` header comes first, then
//! the session of a page, then whether somebody on this machine needs neither; and where an
//! order's link opens something, the link.

use axum::RequestExt as _;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use pizza_http::{Admission, Peer, bearer_token, is_forwarded};

use crate::app::App;
use crate::cookie;
use crate::identity::Identity;
use crate::order_link;
use crate::problem::{self, Problem};
use crate::session::{self, Session};

/// Who asks, and until when they are somebody.
pub(crate) struct Authenticated {
    pub(crate) identity: Identity,
    /// Of somebody who showed a session.
    pub(crate) session: Option<Session>,
}

/// Finds out who asks.
///
/// # Errors
/// When somebody shows what does not count, or nothing at all where something is needed. A wrong
/// token is refused even where none is needed: its sender believes to be somebody, and would be
/// surprised to act as somebody else.
pub(crate) async fn identify(
    app: &App,
    peer: Option<&Peer>,
    request: &mut Request,
) -> Result<Authenticated, Problem> {
    let headers = request.headers();
    if headers.contains_key(header::AUTHORIZATION) {
        let holder = bearer_token(headers).and_then(|token| app.tokens().holder(token));
        let identity = holder.map(Identity::Known).ok_or_else(|| {
            let detail = "the Authorization header has no bearer token that is known here";
            Problem::new(problem::UNAUTHORIZED, detail)
        })?;
        let session = None;
        return Ok(Authenticated { identity, session });
    }
    let client = client(app, peer, headers);
    if let Some(session) = session::of_request(app, headers, client).await? {
        refuse_other_pages(request).await?;
        let identity = Identity::Known(session.holder.clone());
        let session = Some(session);
        return Ok(Authenticated { identity, session });
    }
    let identity = anonymous(app, peer, headers).ok_or_else(Problem::no_token)?;
    let session = None;
    Ok(Authenticated { identity, session })
}

/// Who has the link of the order `id`; `None` without one that opens it.
///
/// # Errors
/// When a page of somebody else asks, or the keys cannot be had.
pub(crate) async fn by_link(
    app: &App,
    id: &str,
    request: &mut Request,
) -> Result<Option<Authenticated>, Problem> {
    let peer = request.extensions().get::<Peer>();
    let is_secured = cookie::is_secured(peer, request.headers());
    if !order_link::opens(app, request.headers(), is_secured, id).await? {
        return Ok(None);
    }
    refuse_other_pages(request).await?;
    Ok(Some(Authenticated {
        identity: Identity::Link(id.into()),
        session: None,
    }))
}

/// Somebody on this machine, where the operator allows that they show nothing.
pub(crate) fn anonymous(app: &App, peer: Option<&Peer>, headers: &HeaderMap) -> Option<Identity> {
    let is_open = app.config().anonymous_on_loopback && is_local(peer, headers);
    is_open.then_some(Identity::Local)
}

/// How a session's cookie goes back to this client, and whether it may have a role of the demo.
pub(crate) fn client(app: &App, peer: Option<&Peer>, headers: &HeaderMap) -> session::Client {
    session::Client {
        is_secured: cookie::is_secured(peer, headers),
        may_have_lent: app.provided().lends_roles && anonymous(app, peer, headers).is_some(),
    }
}

/// What a proxy hands on comes from loopback, but from somebody else.
fn is_local(peer: Option<&Peer>, headers: &HeaderMap) -> bool {
    let local = peer.is_some_and(|peer| peer.address().to_canonical().is_loopback());
    local && !is_forwarded(headers)
}

/// A browser adds cookies to whatever asks, so that a request which may change something has to
/// say that a page of ours made it.
async fn refuse_other_pages(request: &mut Request) -> Result<(), Problem> {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_safe {
        return Ok(());
    }
    let Ok(head) = request.extract_parts::<Parts>().await;
    Ok(Admission::check_own_page(&head)?)
}
