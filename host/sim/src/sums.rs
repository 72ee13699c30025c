//! The stateless worker of simulations: it adds two numbers, on whichever silo.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_guest::error::GuestError;
use pizza_guest::{Guest, Hooks, Invocation, Turn};
use pizza_types::{ActorId, Body, ModuleDigest, Outcome};
use serde_json::{Value, json};

pub const TYPE: &str = "sum";

/// The id of a worker.
#[must_use]
pub fn worker(key: &str) -> ActorId {
    ActorId::new(TYPE, key).expect("the keys of simulations are valid")
}

/// What it answers.
#[must_use]
pub fn sum(id: &str, amount: i64) -> String {
    format!("{id} is {}", amount + 1)
}

/// The code of all workers.
pub struct Sums {
    actor_type: Arc<str>,
}

impl Default for Sums {
    fn default() -> Self {
        let actor_type = TYPE.into();
        Self { actor_type }
    }
}

#[async_trait]
impl Guest for Sums {
    fn digest(&self) -> ModuleDigest {
        ModuleDigest::of(b"sum")
    }

    fn actor_type(&self) -> &Arc<str> {
        &self.actor_type
    }

    fn schema(&self) -> u32 {
        1
    }

    fn subscriptions(&self) -> &[Arc<str>] {
        &[]
    }

    fn is_query(&self, method: &str) -> Option<bool> {
        (method == TYPE).then_some(false)
    }

    fn method_names(&self) -> Vec<&str> {
        vec![TYPE]
    }

    fn hooks(&self) -> Hooks {
        Hooks::default()
    }

    async fn run(&self, turn: Turn) -> Result<Outcome, GuestError> {
        let Invocation::Message(Body::Call { arguments, .. }) = &turn.invocation else {
            return Ok(Outcome::default());
        };
        let arguments: Value = serde_json::from_slice(arguments)
            .map_err(|error| GuestError::Trap(error.to_string()))?;
        let id = arguments["id"].as_str().unwrap_or_default();
        let sum = sum(id, arguments["amount"].as_i64().unwrap_or(0));
        Ok(Outcome {
            reply: json!([sum]).to_string().into(),
            ..Outcome::default()
        })
    }
}
