//! Actor types and the modules that give them their logic.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use parking_lot::RwLock;
use pizza_guest::Guest;
use pizza_types::{ActorId, CallError, ModuleDigest};

use crate::breaker::BreakerState;
use crate::deployment::Deployment;
use crate::serving::Serving;
use crate::settings::Policy;

/// Which modules answer for which type. Readers take a clone of a pointer and are never in
/// the way of a change.
#[derive(Default)]
pub struct Catalog {
    types: RwLock<HashMap<Arc<str>, Serving>>,
    plans: OnceLock<Arc<dyn Plans>>,
}

/// Where it is kept what is to serve, for silos that decide it together.
#[async_trait]
pub trait Plans: Send + Sync + 'static {
    /// Brings what serves a type here up to what was decided.
    async fn read_again(&self, actor_type: &str);
}

impl Catalog {
    /// One module for all actors of its type. Turns that have begun end on the one they
    /// began on.
    pub fn set(&self, guest: Arc<dyn Guest>, policy: Policy) {
        self.serve(Serving::all(Deployment::new(guest, policy)));
    }

    /// Sets who serves a type, be it one module or two.
    pub fn serve(&self, serving: Serving) {
        let subscribes = |d: &&Arc<Deployment>| !d.guest.subscriptions().is_empty();
        if let Some(deployment) = serving.deployments().find(subscribes)
            && deployment.policy.placement.is_stateless()
        {
            let actor_type = &deployment.actor_type;
            tracing::warn!(%actor_type, "its actors are placed at random, and so hear of no events: nothing is kept of how far they have heard");
        }
        let name = Arc::clone(&serving.current.actor_type);
        self.types.write().insert(name, serving);
    }

    /// From now on an actor that another module has served is reason to ask these what is to serve.
    pub fn decided_by(&self, plans: Arc<dyn Plans>) {
        // It fails only when it is set already, and then it stays.
        let _ = self.plans.set(plans);
    }

    /// An actor is opened that this module has served last: if that is not one of those that serve here,
    /// another silo may have heard of a change before this one, and no actor goes back.
    pub(crate) async fn is_served_by(&self, actor_type: &str, module: ModuleDigest) {
        let Some(plans) = self.plans.get() else {
            return;
        };
        let serving = self.serving(actor_type);
        let mut deployments = serving.iter().flat_map(Serving::deployments);
        if !deployments.any(|deployment| deployment.guest.digest() == module) {
            plans.read_again(actor_type).await;
        }
    }

    #[must_use]
    pub fn serving(&self, actor_type: &str) -> Option<Serving> {
        self.types.read().get(actor_type).cloned()
    }

    /// The module that answers for this actor, whose state has layout `schema`.
    ///
    /// # Errors
    /// [`CallError::UnknownType`] naming the types that there are.
    pub fn get(&self, actor: &ActorId, schema: Option<u32>) -> Result<Arc<Deployment>, CallError> {
        let actor_type = actor.actor_type();
        if let Some(serving) = self.types.read().get(&**actor_type) {
            return Ok(Arc::clone(serving.choose(actor.key(), schema)));
        }
        Err(CallError::UnknownType {
            actor_type: actor_type.to_string(),
            known: self.names().join(", "),
        })
    }

    /// The current deployment of a type, for what is the same for all its actors.
    #[must_use]
    pub fn find(&self, actor_type: &str) -> Option<Arc<Deployment>> {
        let types = self.types.read();
        types
            .get(actor_type)
            .map(|serving| Arc::clone(&serving.current))
    }

    /// The names of all actor types that are served, in alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.types.read().keys().map(ToString::to_string).collect();
        names.sort();
        names
    }

    /// The circuit breaker of each type's current module, in alphabetical order of the types.
    #[must_use]
    pub fn breakers(&self, now_ms: u64) -> Vec<(Arc<str>, BreakerState)> {
        let types = self.types.read();
        let view = |serving: &Serving| {
            let entry = &serving.current;
            (Arc::clone(&entry.actor_type), entry.breaker.view(now_ms))
        };
        let mut views: Vec<_> = types.values().map(view).collect();
        views.sort_by(|(a, _), (b, _)| a.cmp(b));
        views
    }

    /// Whether any type is placed by how busy silos are.
    pub(crate) fn places_by_load(&self) -> bool {
        let types = self.types.read();
        let mut current = types.values().map(|serving| &serving.current);
        current.any(|deployment| deployment.policy.placement.is_by_load())
    }

    /// The types whose ended actors are retired, and how long after their end, in milliseconds.
    pub(crate) fn retiring(&self) -> Vec<(Arc<str>, u64)> {
        let types = self.types.read();
        let rule = |serving: &Serving| {
            let after_ms = serving.current.policy.retire_after_ms?;
            Some((Arc::clone(&serving.current.actor_type), after_ms))
        };
        types.values().filter_map(rule).collect()
    }

    /// The types whose actors of this key get the events of this stream.
    pub(crate) fn subscribers(&self, stream: &str, key: &Arc<str>) -> Vec<Arc<Deployment>> {
        let types = self.types.read();
        let chosen = types.values().map(|serving| serving.choose(key, None));
        let chosen = chosen.filter(|deployment| !deployment.policy.placement.is_stateless());
        let subscribed = |deployment: &&Arc<Deployment>| {
            deployment
                .guest
                .subscriptions()
                .iter()
                .any(|s| **s == *stream)
        };
        chosen.filter(subscribed).cloned().collect()
    }

    /// Every (type, stream) that any actor subscribes to.
    pub(crate) fn subscriptions(&self) -> Vec<(Arc<Deployment>, Arc<str>)> {
        let types = self.types.read();
        let mut pairs: Vec<(Arc<Deployment>, Arc<str>)> = Vec::new();
        let deployments = types.values().flat_map(Serving::deployments);
        // Of what a stateless worker has heard nothing would be kept.
        for deployment in deployments.filter(|d| !d.policy.placement.is_stateless()) {
            for stream in deployment.guest.subscriptions() {
                // Two modules of one type share a cursor, so a stream counts once for both.
                if !pairs
                    .iter()
                    .any(|(e, s)| e.actor_type == deployment.actor_type && s == stream)
                {
                    pairs.push((Arc::clone(deployment), Arc::clone(stream)));
                }
            }
        }
        pairs
    }
}
