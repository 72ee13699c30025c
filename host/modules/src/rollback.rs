//! The way back: a canary gives up its share, or what served before serves again.

use crate::activate::refuse_unless_seen;
use crate::compat;
use crate::downgrade;
use crate::error::Refusal;
use crate::modules::{Inner, Modules};
use crate::record::{Canary, Plan};

impl Modules {
    /// Takes back what was activated last; with the version of a plan, only while that holds.
    ///
    /// # Errors
    /// When there is nothing to go back to, or it could not read what is there now.
    pub async fn roll_back(&self, actor_type: &str, seen: Option<u64>) -> Result<Plan, Refusal> {
        let (by, reason) = ("operator", "by hand");
        self.0.roll_back(actor_type, seen, by, reason).await
    }
}

impl Inner {
    pub(crate) async fn roll_back(
        &self,
        actor_type: &str,
        seen: Option<u64>,
        by: &str,
        reason: &str,
    ) -> Result<Plan, Refusal> {
        let _one = self.changing.lock().await;
        let plan = self.registry.plan(actor_type, self.port.silo()).await?;
        let plan = plan.ok_or_else(|| Refusal::NothingServes(actor_type.to_owned()))?;
        refuse_unless_seen(actor_type, Some(&plan), seen)?;
        let taken_back = match &plan.canary {
            // A canary with a share is what was activated last; one without only holds states.
            Some(canary) if canary.percent > 0.0 => canary.digest,
            _ => plan.current,
        };
        let back = match self.before(actor_type, plan).await {
            Ok(plan) => {
                let detail = reason.to_owned();
                let line = self.line(actor_type, taken_back, "rolled-back", by, detail);
                let followed = self.follow(None, &plan, line).await;
                followed.map(|version| Plan { version, ..plan })
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

    /// Finds the plan to go back to.
    ///
    /// # Errors
    /// When nothing served before, or it cannot read what is there now.
    async fn before(&self, actor_type: &str, mut plan: Plan) -> Result<Plan, Refusal> {
        let canary = plan.canary.take();
        match canary {
            Some(canary) if canary.percent > 0.0 => {
                plan.canary = self.given_up(&plan, canary).await?;
            }
            _ => {
                let back = loop {
                    let nothing = || Refusal::NothingBefore(actor_type.to_owned());
                    let back = plan.before.pop().ok_or_else(nothing)?;
                    // What was withdrawn is passed over, however lately it served.
                    if self.registry.withdrawn(back).await?.is_none() {
                        break back;
                    }
                };
                let (old, new) = (self.module(back).await?, self.module(plan.current).await?);
                if old.schema() < new.schema() {
                    let store = &*self.actors;
                    downgrade::refuse(store, actor_type, back, old.schema()).await?;
                }
                // Warnings are for who activates; to go back is always allowed by them.
                compat::check(&*self.port, &old, true)?;
                let percent = 0.0;
                let digest = plan.current;
                // A turn in flight may still write what only the newer one can read.
                let stays = old.schema() < new.schema();
                plan.canary = stays.then_some(Canary { digest, percent });
                plan.current = back;
                plan.since_ms = self.port.wall_ms();
            }
        }
        Ok(plan)
    }

    /// A canary whose layout is newer keeps the actors that it has migrated, and gets no
    /// others.
    async fn given_up(&self, plan: &Plan, canary: Canary) -> Result<Option<Canary>, Refusal> {
        let current = self.module(plan.current).await?;
        let module = self.module(canary.digest).await?;
        let digest = canary.digest;
        let held = Canary {
            digest,
            percent: 0.0,
        };
        Ok((module.schema() > current.schema()).then_some(held))
    }
}
