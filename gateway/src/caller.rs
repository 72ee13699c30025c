//! From an endpoint to an actor.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use bytes::Bytes;
use pizza_client::Call;
use pizza_types::{ActorId, CallError, MessageId, Reply};
use serde::Serialize;

use crate::app::App;
use crate::identity::{Ends, Identity};
use crate::problem::{self, Problem};
use crate::{condition, idempotency, refused};

/// A silo answers by the deadline; this much later the gateway stops believing in it.
const PATIENCE: Duration = Duration::from_secs(2);

/// One request as the actors see it: one message.
pub(crate) struct Caller {
    pub(crate) app: App,
    pub(crate) id: MessageId,
    pub(crate) identity: Identity,
    /// When the sender's session ends.
    pub(crate) ends: Ends,
    /// The version of the thing that the request is meant for; absent when any will do.
    pub(crate) expected: Option<u64>,
    trace: Option<Arc<str>>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, app: &App) -> Result<Self, Problem> {
        let identity = Identity::from_request_parts(head, app).await?;
        let id = idempotency::message_id(head, &identity)?;
        Ok(Self {
            identity,
            ends: head.extensions.get().copied().unwrap_or(Ends(None)),
            expected: condition::expected(&head.headers)?,
            id: id.unwrap_or_else(|| app.client().transport().fresh_id()),
            trace: trace_id(&head.headers),
            app: app.clone(),
        })
    }
}

impl Caller {
    /// The same request as the sender of another message: what it asks has an id of its own.
    pub(crate) fn for_another(&self) -> Self {
        Self {
            app: self.app.clone(),
            id: self.app.client().transport().fresh_id(),
            identity: self.identity.clone(),
            ends: self.ends,
            expected: None,
            trace: self.trace.clone(),
        }
    }

    pub(crate) async fn ask(&self, target: ActorId, method: &str) -> Result<Reply, Problem> {
        self.send(target, method, Bytes::from_static(b"[]")).await
    }

    /// The same, for an answer that is worth no longer waiting.
    pub(crate) async fn ask_within(
        &self,
        target: ActorId,
        method: &str,
        within: Duration,
    ) -> Result<Reply, Problem> {
        let within = within.min(self.app.call_max());
        let arguments = Bytes::from_static(b"[]");
        self.send_within(target, method, arguments, within).await
    }

    pub(crate) async fn ask_with(
        &self,
        target: ActorId,
        method: &str,
        arguments: &impl Serialize,
    ) -> Result<Reply, Problem> {
        // Most commands have two or three short fields.
        let mut json = Vec::with_capacity(256);
        serde_json::to_writer(&mut json, arguments)
            .map_err(|error| Problem::new(problem::INTERNAL, error.to_string()))?;
        self.send(target, method, json.into()).await
    }

    /// `arguments` follow from the request's body alone, since the same message id with
    /// other arguments is refused.
    pub(crate) async fn send(
        &self,
        target: ActorId,
        method: &str,
        arguments: Bytes,
    ) -> Result<Reply, Problem> {
        let within = self.app.call_max();
        self.send_within(target, method, arguments, within).await
    }

    async fn send_within(
        &self,
        target: ActorId,
        method: &str,
        arguments: Bytes,
        within: Duration,
    ) -> Result<Reply, Problem> {
        // Under the request's own id: what was committed for it before is answered and not done
        // again.
        let mut call = Call::new(target, method).id(Some(self.id));
        call.arguments = arguments;
        call.deadline = within;
        call.trace.clone_from(&self.trace);
        // The silo's deadline comes first: its answer says more than our giving up.
        let patience = call.deadline + PATIENCE;
        // A silo in another process may be gone without a word. Whether it has done the work is
        // not known then, which is what the client is told.
        let outcome = tokio::time::timeout(patience, self.app.client().raw(call)).await;
        let outcome = outcome.unwrap_or_else(|_| {
            Err(CallError::Unknown {
                id: self.id,
                detail: "no answer came by the deadline".to_owned(),
            })
        });
        outcome.map_err(|error| refused::call(error, self.id))
    }
}

/// The trace id of a W3C `traceparent`: `00-<32 hex>-<16 hex>-<2 hex>`.
fn trace_id(headers: &HeaderMap) -> Option<Arc<str>> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    let id = value.split('-').nth(1)?;
    // Upper case is not allowed, and all zeros are no trace (W3C Trace Context, 3.2.2.3).
    let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    let sane = id.len() == 32 && id.bytes().all(hex) && id.bytes().any(|b| b != b'0');
    sane.then(|| id.into())
}
