//! How a turn reaches the plugin that is bound to its actor.
//!
//! A port: an instance's [`HostState`](crate::host_state) asks through it, and the plugins
//! that answer are instances themselves, which this module must not know.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::ActorId;

/// Advice for actors, from what an operator bound to them.
#[async_trait]
pub(crate) trait Consult: Send + Sync {
    /// The name of the binding, if anything is bound to the actor.
    fn bound(&self, actor: &ActorId) -> Option<String>;

    /// Calls a function of the plugin with JSON arguments; answers with JSON, after `wait`
    /// at the latest.
    ///
    /// # Errors
    /// Why there is no advice; [`Failure::Unbound`] when nothing is bound.
    async fn consult(
        &self,
        actor: &ActorId,
        function: Arc<str>,
        arguments: Bytes,
        wait: Duration,
    ) -> Result<String, Failure>;
}

/// Why there is no advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing is bound to the actor.
    Unbound,
    /// The plugin has no such function, or its arguments do not fit; the text says which.
    Unfit(String),
    /// The plugin broke a bound or trapped; the text says how.
    Failed(String),
    /// There was no time or no room for it, which says nothing about the plugin.
    Busy(String),
}
