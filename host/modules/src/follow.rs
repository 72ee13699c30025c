//! Following what another silo has decided: plans are the store's, and each silo carries them out.

use pizza_types::ModuleDigest;

use crate::error::Refusal;
use crate::modules::{Inner, Modules};
use crate::record::Plan;
use crate::serving::Served;

impl Modules {
    /// Makes a module ready for turns. It serves nobody by that.
    ///
    /// # Errors
    /// When there is no such module, or it is not taken here.
    pub async fn prepare(&self, digest: ModuleDigest) -> Result<(), Refusal> {
        self.0.module(digest).await.map(drop)
    }

    /// Carries out the plan of a type as it is in the store now.
    ///
    /// # Errors
    /// When the store cannot be read, or a module of the plan is not taken here.
    pub async fn read_again(&self, actor_type: &str) -> Result<(), Refusal> {
        let plan = self.plan(actor_type).await?;
        match plan {
            Some(plan) => self.0.carry_out(actor_type, &plan).await,
            None => Ok(()),
        }
    }

    /// Carries out all plans as they are in the store now.
    ///
    /// # Errors
    /// As [`Modules::read_again`].
    pub async fn read_all_again(&self) -> Result<(), Refusal> {
        for actor_type in self.0.registry.types().await? {
            self.read_again(&actor_type).await?;
        }
        Ok(())
    }
}

impl Inner {
    /// Lets serve what the plan says, if something else does.
    pub(crate) async fn carry_out(&self, actor_type: &str, plan: &Plan) -> Result<(), Refusal> {
        let serves = |served: &Served| {
            let canary = served.canary.as_ref();
            let canary = canary.map(|(module, percent)| (module.digest(), *percent));
            let planned = plan.canary.as_ref();
            let planned = planned.map(|canary| (canary.digest, canary.percent));
            served.current.digest() == plan.current && canary == planned
        };
        if self
            .port
            .served(actor_type)
            .is_some_and(|served| serves(&served))
        {
            return Ok(());
        }
        let current = self.module(plan.current).await?;
        let canary = match &plan.canary {
            Some(canary) => Some((self.module(canary.digest).await?, canary.percent)),
            None => None,
        };
        tracing::info!(actor_type, digest = %plan.current, version = plan.version, "another silo has decided what serves");
        self.serve(plan.version, Served { current, canary });
        Ok(())
    }

    /// Lets serve what a version of a plan says, unless a later one was carried out meanwhile.
    pub(crate) fn serve(&self, version: u64, served: Served) {
        let mut carried_out = self.carried_out.lock();
        let actor_type = served.current.actor_type();
        let last = carried_out.entry(actor_type.to_string()).or_default();
        if *last <= version {
            *last = version;
            // Under the lock: the later of two is to stand.
            self.port.serve(served);
        }
    }
}
