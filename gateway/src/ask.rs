//! From an endpoint to an actor and back.

use pizza_client::{Call, Refused};
use pizza_types::{ActorId, CallError, MessageId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::{Problem, Refusal};
use crate::server::App;

/// An actor type, a key that came from outside, and a method.
pub(crate) struct To<'a>(
    pub(crate) &'static str,
    pub(crate) &'a str,
    pub(crate) &'static str,
);

fn call(to: &To<'_>, arguments: &impl Serialize, id: Option<MessageId>) -> Result<Call, CallError> {
    let target = ActorId::new(to.0, to.1)?;
    Call::new(target, to.2).id(id).arguments(arguments)
}

/// A command; its refusal becomes a problem.
pub(crate) async fn command<T: DeserializeOwned>(
    app: &App,
    to: To<'_>,
    arguments: &impl Serialize,
    id: Option<MessageId>,
) -> Result<T, Problem> {
    let answer = app.client().ask(call(&to, arguments, id)?).await;
    answer.map_err(|error: Refused<Refusal>| match error {
        Refused::Declined(refusal) => refusal.into(),
        Refused::Call(error) => error.into(),
        Refused::Reply { .. } => unexpected(&error),
    })
}

/// A query that cannot be declined.
pub(crate) async fn query<T: DeserializeOwned>(
    app: &App,
    to: To<'_>,
    arguments: &impl Serialize,
) -> Result<T, Problem> {
    let answer = app.client().get(call(&to, arguments, None)?).await;
    answer.map_err(|error| match error {
        Refused::Call(error) => error.into(),
        error => unexpected(&error),
    })
}

fn unexpected(error: &dyn std::error::Error) -> Problem {
    tracing::error!(%error, "an actor and the gateway do not understand each other");
    let status = axum::http::StatusCode::BAD_GATEWAY;
    Problem::new(status, "unexpected-reply", error.to_string())
}
