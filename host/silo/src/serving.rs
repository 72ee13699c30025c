//! How modules reach the runtime.

use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use pizza_cluster::{Request, Response};
use pizza_guest::{Guest, Module, TypeSettings};
use pizza_modules::{Served, ServingPort};
use pizza_runtime::{Canary, Catalog, Clock, Deployment, Serving, Silo};
use pizza_types::{ModuleDigest, ModuleMetrics};

use crate::config::SiloConfig;

/// How often a silo is asked that cannot be reached, and how long after the last time: one that has died or
/// gone is found out about within that.
const ASKED_MAX: u32 = 10;
const ASKED_AGAIN: Duration = Duration::from_millis(250);

/// The port by which modules are brought into the runtime's catalog.
pub(crate) struct CatalogServing {
    pub(crate) name: String,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) config: SiloConfig,
    /// The silo, once it has started.
    pub(crate) silo: OnceLock<Silo>,
}

impl CatalogServing {
    /// Finds or makes the deployment of a module. One that serves already goes on counting.
    fn deployment(&self, before: Option<&Serving>, module: Arc<Module>) -> Arc<Deployment> {
        let deployments = before.into_iter().flat_map(Serving::deployments);
        let mut same =
            deployments.filter(|deployment| deployment.guest.digest() == module.digest());
        if let Some(deployment) = same.next() {
            return Arc::clone(deployment);
        }
        let policy = self.config.policy(module.actor_type());
        Deployment::new(module, policy)
    }
}

/// The module that serves: a silo that is assembled here has no other guests.
fn module_of(deployment: &Deployment) -> Option<Arc<Module>> {
    let guest: Arc<dyn Any + Send + Sync> = Arc::clone(&deployment.guest) as _;
    guest.downcast().ok()
}

#[async_trait]
impl ServingPort for CatalogServing {
    fn silo(&self) -> &str {
        &self.name
    }

    fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    fn wall_ms(&self) -> u64 {
        self.clock.wall_ms()
    }

    fn types(&self) -> Vec<String> {
        self.catalog.names()
    }

    fn served(&self, actor_type: &str) -> Option<Served> {
        let serving = self.catalog.serving(actor_type)?;
        let canary = serving.canary.as_ref();
        Some(Served {
            current: module_of(&serving.current)?,
            canary: canary.and_then(|c| Some((module_of(&c.deployment)?, c.percent))),
        })
    }

    fn serve(&self, served: Served) {
        let before = self.catalog.serving(served.current.actor_type());
        // A module that subscribes to more than the one before has events to catch up with.
        let known = |guest: &dyn Guest| -> Vec<Arc<str>> { guest.subscriptions().to_vec() };
        let had = before.iter().flat_map(Serving::deployments);
        let had: Vec<Arc<str>> = had
            .flat_map(|deployment| known(&*deployment.guest))
            .collect();
        let canary = served.canary.map(|(module, percent)| Canary {
            deployment: self.deployment(before.as_ref(), module),
            percent,
        });
        let current = self.deployment(before.as_ref(), served.current);
        let serving = Serving { current, canary };
        let has: Vec<Arc<str>> = serving
            .deployments()
            .flat_map(|deployment| known(&*deployment.guest))
            .collect();
        self.catalog.serve(serving);
        // At the start there is no silo yet, and it reads all subscriptions when it begins.
        if let Some(silo) = self.silo.get()
            && has.iter().any(|stream| !had.contains(stream))
        {
            silo.catch_up();
        }
    }

    fn metrics(&self, module: &Module) -> Option<ModuleMetrics> {
        let serving = self.catalog.serving(module.actor_type())?;
        let mut deployments = serving.deployments();
        let deployment =
            deployments.find(|deployment| deployment.guest.digest() == module.digest())?;
        Some(deployment.stats.metrics())
    }

    async fn prepare(&self, digest: ModuleDigest) -> Vec<String> {
        // At the start there is nobody to ask: the plan was made before.
        let Some(silo) = self.silo.get() else {
            return Vec::new();
        };
        let mut tries = 0;
        loop {
            let answers = silo.ask_others(Request::Prepare(digest)).await;
            let (mut unready, mut unreached) = (Vec::new(), Vec::new());
            for (asked, answer) in answers {
                match answer {
                    Ok(Response::Done) => {}
                    // It answers nobody, and reads the plans before it serves.
                    Err(_) if silo.has_only_joined(&asked) => {}
                    Err(why) => unreached.push(format!("{asked}: {why}")),
                    Ok(Response::Failed(why)) => unready.push(format!("{asked}: {why}")),
                    Ok(other) => unready.push(format!("{asked}: it answers {other:?}")),
                }
            }
            tries += 1;
            if unreached.is_empty() || !unready.is_empty() || tries == ASKED_MAX {
                unready.append(&mut unreached);
                return unready;
            }
            tokio::time::sleep(ASKED_AGAIN).await;
        }
    }

    async fn changed(&self, actor_type: &str) {
        if let Some(silo) = self.silo.get() {
            // Whoever does not hear of it reads the plan soon.
            let _ = silo
                .ask_others(Request::PlanChanged(actor_type.into()))
                .await;
        }
    }

    fn is_alone(&self) -> bool {
        self.config.cluster.is_none()
    }

    fn settings(&self, actor_type: &str) -> TypeSettings {
        self.config.type_config(actor_type).type_settings()
    }
}
