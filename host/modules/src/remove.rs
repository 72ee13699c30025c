//! What nobody needs any more goes: by hand, or by a policy of count and age.

use pizza_types::ModuleDigest;

use crate::error::Refusal;
use crate::modules::{Inner, Modules};
use crate::record::{Info, Plan};

impl Modules {
    /// Forgets a module, and its machine code.
    ///
    /// # Errors
    /// When there is none, or it serves, or could be rolled back to.
    pub async fn remove(&self, prefix: &str) -> Result<Info, Refusal> {
        let info = self.0.find(prefix).await?;
        let _one = self.0.changing.lock().await;
        let plans = self.0.registry.plans(&info.actor_type).await?;
        if let Some(why) = needed(&plans, info.digest) {
            let digest = info.digest;
            return Err(Refusal::Needed { digest, why });
        }
        self.0.forget(&info, "operator", "by hand").await?;
        Ok(info)
    }
}

impl Inner {
    /// Applies the policy to a type, but not to what has `just` come: its time may be wrong,
    /// if the clock was set back, and it is about to be activated. The caller holds what lets
    /// one plan change at a time. What cannot be cleaned up now is tried again with the next
    /// module.
    pub(crate) async fn clean(&self, actor_type: &str, just: ModuleDigest) {
        if let Err(refusal) = self.try_clean(actor_type, just).await {
            tracing::warn!(actor_type, %refusal, "old modules cannot be cleaned up");
        }
    }

    async fn try_clean(&self, actor_type: &str, just: ModuleDigest) -> Result<(), Refusal> {
        let plans = self.registry.plans(actor_type).await?;
        let mut spare = self.registry.infos("").await?;
        spare.retain(|info| info.actor_type == actor_type && needed(&plans, info.digest).is_none());
        // Newest first, and what has just come before all, whatever its clock said.
        spare.sort_by_key(|info| std::cmp::Reverse((info.digest == just, info.at_ms)));
        let now_ms = self.port.wall_ms();
        for (rank, info) in spare.iter().enumerate() {
            let (kept, keep_ms) = (self.settings.keep_modules, self.settings.keep_ms);
            if info.digest == just {
                continue;
            }
            if rank >= kept {
                let why = format!("{kept} newer ones are kept");
                self.forget(info, "silo", &why).await?;
            } else if now_ms.saturating_sub(info.at_ms) > keep_ms {
                let why = format!("it is older than {keep_ms} ms");
                self.forget(info, "silo", &why).await?;
            }
        }
        Ok(())
    }

    async fn forget(&self, info: &Info, by: &str, why: &str) -> Result<(), Refusal> {
        let detail = format!("{} bytes; {why}", info.bytes);
        let line = self.line(&info.actor_type, info.digest, "removed", by, detail);
        self.registry.remove(info.digest, &line).await?;
        // The row first: a module that is in memory without a row would come back by nothing.
        self.unload(info.digest);
        self.host.forget(info.digest).await;
        Ok(())
    }
}

/// Why the module has to stay, if it has to.
fn needed(plans: &[Plan], digest: ModuleDigest) -> Option<&'static str> {
    let is = |wanted: &dyn Fn(&Plan) -> bool| plans.iter().any(wanted);
    if is(&|plan| plan.current == digest) {
        Some("it serves")
    } else if is(&|plan| plan.canary.as_ref().is_some_and(|t| t.digest == digest)) {
        Some("it is on trial, or keeps actors whose state nothing else can read")
    } else if is(&|plan| plan.before.contains(&digest)) {
        Some("it could be rolled back to")
    } else if is(&|plan| plan.bundled == Some(digest)) {
        Some("it came with the program")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serves_or_served_stays() {
        let digest = |n| ModuleDigest([n; 32]);
        let mut plan = Plan::only(digest(1), 0).succeeded_by(digest(2), 1);
        plan.bundled = Some(digest(3));
        let plans = [plan];
        for n in 1..=3 {
            assert!(needed(&plans, digest(n)).is_some(), "{n}");
        }
        assert_eq!(needed(&plans, digest(4)), None);
        assert_eq!(needed(&[], digest(1)), None);
    }
}
