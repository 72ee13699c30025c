//! What other silos ask of this one: of its modules, and of everything else.

use async_trait::async_trait;
use pizza_cluster::{Request, Response, Service};
use pizza_modules::Modules;
use pizza_runtime::{Plans, Silo};

/// Answers other silos.
pub(crate) struct Peers {
    pub(crate) silo: Silo,
    pub(crate) modules: Modules,
}

#[async_trait]
impl Service for Peers {
    async fn answer(&self, request: Request) -> Response {
        let done = match request {
            Request::Prepare(digest) => self.modules.prepare(digest).await,
            Request::PlanChanged(actor_type) => self.modules.read_again(&actor_type).await,
            request => return self.silo.answer(request).await,
        };
        match done {
            Ok(()) => Response::Done,
            Err(refusal) => Response::Failed(refusal.to_string()),
        }
    }
}

/// Plans that all silos of a cluster follow.
pub(crate) struct SharedPlans(pub(crate) Modules);

#[async_trait]
impl Plans for SharedPlans {
    async fn read_again(&self, actor_type: &str) {
        if let Err(refusal) = self.0.read_again(actor_type).await {
            tracing::warn!(actor_type, %refusal, "what is to serve cannot be read");
        }
    }
}
