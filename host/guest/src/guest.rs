//! The code of an actor type, as the runtime sees it: a module, or in a simulation something that is
//! none.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use pizza_types::{ModuleDigest, Outcome};

use crate::error::GuestError;
use crate::hooks::Hooks;
use crate::module::Module;
use crate::turn::Turn;

/// The code of an actor type.
#[async_trait]
pub trait Guest: Any + Send + Sync {
    /// The name of what it is: the same code has the same, everywhere.
    fn digest(&self) -> ModuleDigest;

    fn actor_type(&self) -> &Arc<str>;

    /// The layout number of the state that it writes.
    fn schema(&self) -> u32;

    /// Streams whose events this type's actors receive.
    fn subscriptions(&self) -> &[Arc<str>];

    /// Whether a method only reads; `None` for one that it does not have.
    fn is_query(&self, method: &str) -> Option<bool>;

    /// The names of its methods, in no order.
    fn method_names(&self) -> Vec<&str>;

    /// Which hooks it has.
    fn hooks(&self) -> Hooks;

    /// Runs a turn. Nothing it does is visible to anybody until its outcome is committed; dropping
    /// the future stops it.
    ///
    /// # Errors
    /// What it did wrong, or why it could not be asked.
    async fn run(&self, turn: Turn) -> Result<Outcome, GuestError>;
}

#[async_trait]
impl Guest for Module {
    fn digest(&self) -> ModuleDigest {
        self.digest()
    }

    fn actor_type(&self) -> &Arc<str> {
        self.actor_type()
    }

    fn schema(&self) -> u32 {
        self.schema()
    }

    fn subscriptions(&self) -> &[Arc<str>] {
        self.subscriptions()
    }

    fn is_query(&self, method: &str) -> Option<bool> {
        self.method(method).map(|method| method.query)
    }

    fn method_names(&self) -> Vec<&str> {
        let methods = self.methods();
        methods
            .map(|method| method.function.name.as_str())
            .collect()
    }

    fn hooks(&self) -> Hooks {
        self.hooks()
    }

    async fn run(&self, turn: Turn) -> Result<Outcome, GuestError> {
        Self::run(self, turn).await
    }
}
