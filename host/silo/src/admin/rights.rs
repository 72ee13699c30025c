//! Who may ask for what: operators for everything, edges for what an edge needs.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use pizza_http::{Peer, bearer_token, content_coding};

use super::problem::Problem;
use super::state::Admin;
use super::token::{Token, TokenError};

/// What whoever asks has to be. Each one may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Right {
    Edge,
    Operator,
}

/// What operators and edges show.
#[derive(Debug, Clone)]
pub struct Tokens {
    operators: Token,
    /// Without one, edges show that of operators.
    edges: Option<Token>,
}

impl Tokens {
    /// # Errors
    /// When both are the same: then every edge would be an operator.
    pub fn new(operators: Token, edges: Option<Token>) -> Result<Self, TokenError> {
        if edges.as_ref().is_some_and(|of| operators.is(of.expose())) {
            return Err(TokenError::Same);
        }
        Ok(Self { operators, edges })
    }

    /// What an edge of this silo's own shows.
    #[must_use]
    pub fn of_edges(&self) -> &Token {
        self.edges.as_ref().unwrap_or(&self.operators)
    }

    fn right_of(&self, given: &str) -> Option<Right> {
        // Both are compared in any case, so that the time tells nothing of either.
        let is_edge = self.edges.as_ref().is_some_and(|edges| edges.is(given));
        let is_operator = self.operators.is(given);
        match (is_operator, is_edge) {
            (true, _) => Some(Right::Operator),
            (false, true) => Some(Right::Edge),
            (false, false) => None,
        }
    }
}

/// Paths, each with the right that it takes: there is no way to add one without.
#[derive(Default)]
pub(super) struct Routes {
    router: Router<Admin>,
    rights: Vec<(&'static str, Right)>,
}

impl Routes {
    /// A path for operators alone.
    pub(super) fn for_operators(self, path: &'static str, methods: MethodRouter<Admin>) -> Self {
        self.route(Right::Operator, path, methods)
    }

    /// A path for edges, and for operators as well.
    pub(super) fn for_edges(self, path: &'static str, methods: MethodRouter<Admin>) -> Self {
        self.route(Right::Edge, path, methods)
    }

    fn route(mut self, right: Right, path: &'static str, methods: MethodRouter<Admin>) -> Self {
        self.rights.push((path, right));
        self.router = self.router.route(path, methods);
        self
    }

    pub(super) fn merge(mut self, other: Self) -> Self {
        self.rights.extend(other.rights);
        self.router = self.router.merge(other.router);
        self
    }

    /// The same with something done to what routes there are so far.
    pub(super) fn map(mut self, change: impl FnOnce(Router<Admin>) -> Router<Admin>) -> Self {
        self.router = change(self.router);
        self
    }

    /// The routes, and who is let in to them by these tokens.
    pub(super) fn guarded_by(self, tokens: Tokens) -> (Router<Admin>, Guard) {
        let guard = Guard(Arc::new(Checks {
            tokens,
            rights: self.rights,
        }));
        (self.router, guard)
    }
}

/// Checks tokens.
#[derive(Clone)]
pub(super) struct Guard(Arc<Checks>);

struct Checks {
    tokens: Tokens,
    rights: Vec<(&'static str, Right)>,
}

impl Guard {
    /// What a path takes; one that is not there is for operators, so that nobody else learns which there are.
    fn right_for(&self, path: Option<&MatchedPath>) -> Right {
        let known = path.and_then(|path| {
            let mut rights = self.0.rights.iter();
            rights.find(|(known, _)| *known == path.as_str())
        });
        known.map_or(Right::Operator, |(_, right)| *right)
    }
}

pub(super) async fn authorize(
    State(guard): State<Guard>,
    request: Request,
    next: Next,
) -> Response {
    let given = bearer_token(request.headers());
    let Some(right) = given.and_then(|given| guard.0.tokens.right_of(given)) else {
        let is_missing = given.is_none() && !request.headers().contains_key(AUTHORIZATION);
        return Problem::unauthorized(if is_missing {
            "Authorization: Bearer TOKEN is missing"
        } else {
            "this is neither the admin token nor that of edges"
        })
        .into_response();
    };
    if let Some(peer) = request.extensions().get::<Peer>() {
        peer.authenticated();
    }
    if right < guard.right_for(request.extensions().get()) {
        return Problem::forbidden(
            "this is for operators, and the token that was shown is that of edges: operators show \
             admin_token (PIZZA_ADMIN_TOKEN, or admin-token in the silo's data directory)",
        )
        .into_response();
    }
    // No route unpacks one, and a body that is taken for its content would be misread.
    match content_coding(request.headers()) {
        None => next.run(request).await,
        Some(coding) => Problem::packed(&coding).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::routes;

    fn token(text: &str) -> Token {
        Token::from(text.to_owned())
    }

    /// All paths there are, with who may ask for them. What edges may do is what a gateway or a bridge
    /// that somebody has broken into may do.
    const RIGHTS: &[(&str, Right)] = &[
        ("/actor-keys/{type}", Right::Operator),
        ("/actor-turns/{type}", Right::Operator),
        ("/actors/{type}", Right::Operator),
        ("/actors/{type}/{key}", Right::Operator),
        ("/actors/{type}/{key}/call/{method}", Right::Operator),
        ("/actors/{type}/{key}/deactivate", Right::Operator),
        ("/actors/{type}/{key}/history", Right::Operator),
        ("/backup", Right::Operator),
        ("/cluster", Right::Operator),
        ("/cluster/accept-loss", Right::Operator),
        ("/cluster/rebalance", Right::Operator),
        ("/cluster/silos/{silo}/cordon", Right::Operator),
        ("/cluster/silos/{silo}/drain", Right::Operator),
        ("/cluster/silos/{silo}/uncordon", Right::Operator),
        ("/dead-letters", Right::Operator),
        ("/dead-letters/{id}", Right::Operator),
        ("/dead-letters/{id}/replay", Right::Operator),
        ("/edge/v2", Right::Edge),
        ("/module-audit", Right::Operator),
        ("/module-plans", Right::Operator),
        ("/module-types/{type}/rollback", Right::Operator),
        ("/module-types/{type}/states", Right::Operator),
        ("/modules", Right::Operator),
        ("/modules/{digest}", Right::Operator),
        ("/modules/{digest}/activate", Right::Operator),
        ("/modules/{digest}/diff/{other}", Right::Operator),
        ("/modules/{digest}/dry-run", Right::Operator),
        ("/modules/{digest}/withdraw", Right::Operator),
        ("/plugins", Right::Operator),
        ("/plugins/{type}/{key}", Right::Operator),
        ("/rates", Right::Operator),
        ("/stats", Right::Operator),
        ("/streams/{stream}/{key}", Right::Operator),
        ("/webhooks", Right::Operator),
        ("/webhooks/{name}", Right::Operator),
        ("/webhooks/{name}/dead-letters", Right::Operator),
        ("/webhooks/{name}/dead-letters/{id}", Right::Operator),
        ("/webhooks/{name}/dead-letters/{id}/replay", Right::Operator),
        ("/webhooks/{name}/switch-on", Right::Operator),
        ("/webhooks/{name}/test", Right::Operator),
    ];

    #[test]
    fn each_path_takes_the_right_that_it_should() {
        let mut declared = routes().rights;
        declared.sort_unstable();
        assert_eq!(declared, RIGHTS, "a path is new: may edges ask for it?");
    }

    #[test]
    fn a_token_gives_the_right_of_whoever_it_is_for() {
        let tokens = Tokens::new(token("operators"), Some(token("edges")));
        let tokens = tokens.expect("two tokens");
        assert_eq!(tokens.right_of("operators"), Some(Right::Operator));
        assert_eq!(tokens.right_of("edges"), Some(Right::Edge));
        assert_eq!(tokens.right_of("others"), None);
        assert_eq!(tokens.of_edges().expose(), "edges");
        let alone = Tokens::new(token("operators"), None).expect("one token");
        assert_eq!(alone.right_of("edges"), None);
        assert_eq!(alone.of_edges().expose(), "operators");
        let same = Tokens::new(token("operators"), Some(token("operators")));
        assert!(matches!(same, Err(TokenError::Same)));
    }
}
