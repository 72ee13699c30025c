//! Who asks, and whether they may. Each request has an [`Identity`]: that of its bearer
//! token, or nobody's. Nobody may do everything on loopback, where that is allowed, and
//! nothing elsewhere.

use std::net::IpAddr;

use axum::extract::{RawPathParams, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::{RequestExt as _, extract::FromRequestParts, http::request::Parts};
use pizza_http::{Peer, is_handed_on};
use serde::{Deserialize, Serialize};

use crate::endpoint::Rules;
use crate::problem::{self, Problem};
use crate::server::App;
use crate::{condition, own};

pub(crate) use crate::own::Own;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Orders, and sees what is their own.
    Customer,
    /// Is one driver.
    Driver,
    /// Works in one restaurant's kitchen.
    Kitchen,
    /// Runs one restaurant.
    Manager,
    /// May do everything, through the generic door too.
    Admin,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Customer,
        Self::Driver,
        Self::Kitchen,
        Self::Manager,
        Self::Admin,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Driver => "driver",
            Self::Kitchen => "kitchen",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }
}

/// Who asks, where that matters: whoever visits a public route has none.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// On loopback, without a token.
    Local,
    Known(std::sync::Arc<Holder>),
}

/// Whoever holds a token.
#[derive(Debug)]
pub(crate) struct Holder {
    pub(crate) role: Role,
    /// The customer, the driver or the restaurant that they are or work for.
    pub(crate) subject: String,
    /// Tells holders apart, for limits and for idempotency keys.
    pub(crate) number: usize,
}

impl Identity {
    /// `None` for whoever may do everything.
    pub(crate) fn limited(&self) -> Option<&Holder> {
        match self {
            Self::Known(holder) if holder.role != Role::Admin => Some(holder),
            Self::Known(_) | Self::Local => None,
        }
    }
}

impl FromRequestParts<App> for Identity {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _: &App) -> Result<Self, Problem> {
        let identity = head.extensions.get::<Self>().cloned();
        identity.ok_or_else(|| {
            let detail = "what everybody may ask has no identity to act by";
            Problem::new(problem::INTERNAL, detail)
        })
    }
}

/// Before every handler.
pub(crate) async fn guard(
    State((app, rules)): State<(App, Rules)>,
    mut request: Request,
    next: Next,
) -> Response {
    match admit(&app, rules, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn admit(app: &App, rules: Rules, request: &mut Request) -> Result<(), Problem> {
    let connection = request.extensions().get::<Peer>().cloned();
    let peer = connection.as_ref().map(Peer::address);
    if rules.streams {
        refuse_strangers_page(app, request).await?;
    }
    if rules.public {
        // Nobody has been asked who they are, so no handler behind this finds an identity.
        return app.limits().check_peer(peer);
    }
    let identity = match identify(app, peer, request) {
        Ok(identity) => identity,
        Err(problem) => {
            // Whoever guesses tokens is held up like anybody else.
            app.limits().check_peer(peer)?;
            return Err(problem);
        }
    };
    if let (Identity::Known(_), Some(connection)) = (&identity, connection) {
        connection.authenticated();
    }
    let holder = identity.limited();
    if let Some(holder) = holder {
        app.limits().check_holder(holder.number)?;
        if !rules.roles.contains(&holder.role) {
            return Err(forbidden(holder, rules.roles));
        }
    }
    if rules.own != Own::Anything {
        let named = request.extract_parts::<RawPathParams>().await;
        let named = named.map_err(|e| Problem::new(problem::MALFORMED, e.body_text()))?;
        let id = named.iter().next().map(|(_, value)| value);
        own::check(app, holder, rules.own, id).await?;
    }
    condition::refuse_unless(rules.versioned, request.headers())?;
    request.extensions_mut().insert(identity);
    Ok(())
}

/// A browser opens an event stream for any page, also one that does not say that it is one.
async fn refuse_strangers_page(app: &App, request: &mut Request) -> Result<(), Problem> {
    let Ok(head) = request.extract_parts::<Parts>().await;
    app.admission().check_page(&head)?;
    Ok(())
}

fn identify(app: &App, peer: Option<IpAddr>, request: &Request) -> Result<Identity, Problem> {
    let headers = request.headers();
    if let Some(given) = headers.get(header::AUTHORIZATION) {
        let text = given.to_str().unwrap_or_default();
        let token = text
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let holder = token.and_then(|(_, token)| app.tokens().holder(token.trim()));
        return holder.map(Identity::Known).ok_or_else(|| {
            let detail = "the Authorization header has no bearer token that is known here";
            Problem::new(problem::UNAUTHORIZED, detail)
        });
    }
    // What a proxy hands on comes from loopback, but from somebody else.
    let local = peer.is_some_and(|peer| peer.to_canonical().is_loopback());
    let local = local && !is_handed_on(headers);
    if local && app.config().anonymous_on_loopback {
        return Ok(Identity::Local);
    }
    let detail = "this needs a token: `Authorization: Bearer <token>`";
    Err(Problem::new(problem::UNAUTHORIZED, detail))
}

fn forbidden(holder: &Holder, roles: &[Role]) -> Problem {
    let mut allowed: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    allowed.push(Role::Admin.name());
    let detail = format!("the role {:?} may not do this", holder.role.name());
    Problem::new(problem::FORBIDDEN, detail).member("allowed", allowed)
}
