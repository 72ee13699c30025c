//! The way back: a canary gives up its share, or what served before serves again.

use crate::error::Refusal;
use crate::fit;
use crate::modules::{Inner, Modules};
use crate::newer;
use crate::record::{Plan, Trial};

impl Modules {
    /// Takes back what was activated last.
    ///
    /// # Errors
    /// When there is nothing to go back to, or it could not read what is there now.
    pub async fn roll_back(&self, actor_type: &str) -> Result<Plan, Refusal> {
        self.0.roll_back(actor_type, "operator", "by hand").await
    }
}

impl Inner {
    pub(crate) async fn roll_back(
        &self,
        actor_type: &str,
        by: &str,
        reason: &str,
    ) -> Result<Plan, Refusal> {
        let _one = self.changing.lock().await;
        let plan = self.registry.plan(actor_type, self.stage.silo()).await?;
        let plan = plan.ok_or_else(|| Refusal::NothingServes(actor_type.to_owned()))?;
        let taken_back = match &plan.trial {
            Some(trial) if trial.percent > 0.0 => trial.digest,
            _ => plan.current,
        };
        let back = match self.before(actor_type, plan).await {
            Ok(plan) => {
                let detail = reason.to_owned();
                let line = self.line(actor_type, taken_back, "rolled-back", by, detail);
                self.follow(None, &plan, line).await.map(|()| plan)
            }
            Err(refusal) => Err(refusal),
        };
        if let Err(refusal) = &back {
            let detail = format!("to be rolled back ({reason}): {refusal}");
            let line = self.line(actor_type, taken_back, "refused", by, detail);
            self.note(line).await;
        }
        back
    }

    /// The plan to go back to.
    async fn before(&self, actor_type: &str, mut plan: Plan) -> Result<Plan, Refusal> {
        let trial = plan.trial.take();
        match trial {
            Some(trial) if trial.percent > 0.0 => {
                plan.trial = self.given_up(&plan, trial).await?;
            }
            _ => {
                let back = loop {
                    let nothing = || Refusal::NothingBefore(actor_type.to_owned());
                    let back = plan.before.pop().ok_or_else(nothing)?;
                    if self.registry.withdrawn(back).await?.is_none() {
                        break back;
                    }
                };
                let (old, new) = (self.module(back).await?, self.module(plan.current).await?);
                if old.schema() < new.schema() {
                    let store = &**self.registry.store();
                    newer::refuse(store, actor_type, back, old.schema()).await?;
                }
                fit::check(&*self.stage, &old, true)?;
                let percent = 0.0;
                let digest = plan.current;
                // A turn in flight may still write what only the newer one can read.
                let stays = old.schema() < new.schema();
                plan.trial = stays.then_some(Trial { digest, percent });
                plan.current = back;
                plan.since_ms = self.stage.wall_ms();
            }
        }
        Ok(plan)
    }

    /// A canary whose layout is newer keeps the actors that it has migrated, and gets no
    /// others.
    async fn given_up(&self, plan: &Plan, trial: Trial) -> Result<Option<Trial>, Refusal> {
        let current = self.module(plan.current).await?;
        let module = self.module(trial.digest).await?;
        let digest = trial.digest;
        let held = Trial {
            digest,
            percent: 0.0,
        };
        Ok((module.schema() > current.schema()).then_some(held))
    }
}
