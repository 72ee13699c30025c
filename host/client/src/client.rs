//! The handle that the edges hold.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pizza_types::{ActorId, Body, CallError, Chain, Envelope, MessageId, Reply};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::transport::Transport;

/// How many keys are listed with one question.
const KEYS_A_PAGE: usize = 1_000;
/// How long calls wait when nothing else is asked for.
pub const DEADLINE: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Client {
    transport: Arc<dyn Transport>,
}

/// One call. Sending it twice with one `id` makes it happen once.
#[derive(Debug, Clone)]
pub struct Call {
    pub target: ActorId,
    pub method: Arc<str>,
    /// The arguments in JSON: an object by parameter name, or an array by position.
    pub arguments: Bytes,
    pub id: Option<MessageId>,
    pub deadline: Duration,
    pub trace: Option<Arc<str>>,
}

/// An answer that is not the value asked for. `E` is what the actor declines with.
#[derive(Debug, thiserror::Error)]
pub enum Refused<E> {
    /// The actor said no, and changed nothing.
    #[error("the actor declined")]
    Declined(E),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the reply of {method} has an unexpected form: {detail}")]
    Reply { method: Arc<str>, detail: String },
}

impl Call {
    #[must_use]
    pub fn new(target: ActorId, method: &str) -> Self {
        Self {
            target,
            method: method.into(),
            arguments: Bytes::from_static(b"[]"),
            id: None,
            deadline: DEADLINE,
            trace: None,
        }
    }

    #[must_use]
    pub fn id(mut self, id: Option<MessageId>) -> Self {
        self.id = id;
        self
    }

    /// Sets the arguments.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn arguments(mut self, arguments: &impl Serialize) -> Result<Self, CallError> {
        let json = serde_json::to_vec(arguments)
            .map_err(|error| CallError::bad_argument("", error.to_string()))?;
        self.arguments = json.into();
        Ok(self)
    }
}

impl Client {
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport }
    }

    #[must_use]
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// Keys of all actors of a type in the silo's cell.
    ///
    /// # Errors
    /// When they cannot be listed to the end.
    pub async fn all_actors(&self, actor_type: &str) -> Result<Vec<Arc<str>>, CallError> {
        let mut keys: Vec<Arc<str>> = Vec::new();
        loop {
            let after = keys.last().cloned();
            let transport = &self.transport;
            let page = transport.actors(actor_type, after.as_deref(), KEYS_A_PAGE);
            let page = page.await?;
            // Only an empty page is the last one: a page may be short for other reasons.
            if page.is_empty() {
                return Ok(keys);
            }
            keys.extend(page);
        }
    }

    /// Calls, and returns the reply as the actor gave it.
    ///
    /// # Errors
    /// When there was no reply; the error says whether anything can have happened.
    pub async fn raw(&self, call: Call) -> Result<Reply, CallError> {
        let transport = &self.transport;
        let envelope = Envelope {
            target: call.target,
            body: Body::Call {
                method: call.method,
                arguments: call.arguments,
            },
            // Without an id of its own a call cannot be repeated safely, so that callers who want that
            // give one.
            id: call.id.unwrap_or_else(|| transport.fresh_id()),
            deadline_ms: transport.deadline_ms(call.deadline),
            // Calls from outside begin a chain.
            chain: Chain::default(),
            caller: None,
            trace: call.trace,
        };
        transport.deliver(envelope).await
    }

    /// Calls a method that returns `result<T, E>`.
    ///
    /// # Errors
    /// [`Refused::Declined`] with the actor's own error, or why there was no reply.
    pub async fn ask<T: DeserializeOwned, E: DeserializeOwned>(
        &self,
        call: Call,
    ) -> Result<T, Refused<E>> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Answer<T, E> {
            Ok(T),
            Err(E),
        }
        let method = Arc::clone(&call.method);
        let reply = self.raw(call).await?;
        match serde_json::from_slice(&reply.body) {
            Ok(Answer::Ok(value)) => Ok(value),
            Ok(Answer::Err(error)) => Err(Refused::Declined(error)),
            Err(error) => Err(Refused::Reply {
                method,
                detail: error.to_string(),
            }),
        }
    }

    /// Calls a method that returns a plain `T`.
    ///
    /// # Errors
    /// Why there was no reply.
    pub async fn get<T: DeserializeOwned>(
        &self,
        call: Call,
    ) -> Result<T, Refused<std::convert::Infallible>> {
        let method = Arc::clone(&call.method);
        let reply = self.raw(call).await?;
        serde_json::from_slice(&reply.body).map_err(|error| Refused::Reply {
            method,
            detail: error.to_string(),
        })
    }
}
