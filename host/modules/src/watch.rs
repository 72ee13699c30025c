//! A module that fails too often is taken back by itself.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use pizza_types::{Counts, ModuleDigest};

use crate::modules::{Modules, Settings};

/// How often modules are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// What a module had done at some times, oldest first.
type Past = VecDeque<(u64, Counts)>;

impl Modules {
    /// Looks at what serves until it is dropped.
    pub async fn watch(self) {
        let mut pasts: HashMap<ModuleDigest, Past> = HashMap::new();
        loop {
            tokio::time::sleep(LOOK).await;
            for actor_type in self.0.stage.types() {
                self.look(&actor_type, &mut pasts).await;
            }
        }
    }

    async fn look(&self, actor_type: &str, pasts: &mut HashMap<ModuleDigest, Past>) {
        let inner = &self.0;
        let Some(served) = inner.stage.served(actor_type) else {
            return;
        };
        let now_ms = inner.stage.now_ms();
        let plan = inner.registry.plan(actor_type, inner.stage.silo()).await;
        let Ok(Some(plan)) = plan else { return };
        let module = match &served.trial {
            Some((module, percent)) if *percent > 0.0 => module,
            // What has served everybody for a while has proved itself.
            _ if plan.before.is_empty() => return,
            _ if now_ms.saturating_sub(plan.since_ms) > inner.settings.probation_ms => return,
            _ => &served.current,
        };
        let Some(counts) = inner.stage.counts(module) else {
            return;
        };
        let past = pasts.entry(module.digest()).or_default();
        let lately = lately(past, now_ms, counts, inner.settings.rollback_window_ms);
        let Some(reason) = too_bad(&inner.settings, lately) else {
            return;
        };
        past.clear();
        tracing::warn!(actor_type, digest = %module.digest(), reason, "a module is taken back");
        if let Err(refusal) = inner.roll_back(actor_type, "silo", &reason).await {
            tracing::error!(actor_type, %refusal, "a failing module cannot be taken back");
            return;
        }
        // What has failed is not to come back because somebody goes back once more.
        let digest = module.digest();
        let noted = inner.withdraw(digest, actor_type, "silo", reason).await;
        if let Err(refusal) = noted {
            tracing::error!(actor_type, %refusal, "a failing module cannot be withdrawn");
        }
    }
}

/// What was done within the window.
fn lately(past: &mut Past, now_ms: u64, counts: Counts, window_ms: u64) -> Counts {
    // It serves anew, and counts from nothing.
    if past
        .back()
        .is_some_and(|(_, before)| before.turns > counts.turns)
    {
        past.clear();
    }
    past.push_back((now_ms, counts));
    let since_ms = now_ms.saturating_sub(window_ms);
    while past.len() > 1 && past.get(1).is_some_and(|(ms, _)| *ms <= since_ms) {
        past.pop_front();
    }
    match past.front() {
        Some((ms, before)) if *ms <= since_ms => counts.since(before),
        _ => counts,
    }
}

fn too_bad(settings: &Settings, lately: Counts) -> Option<String> {
    let Counts { turns, failed, .. } = lately;
    let percent = failed as f64 * 100.0 / turns.max(1) as f64;
    let bad = turns >= settings.rollback_turns && percent > settings.rollback_percent;
    bad.then(|| {
        format!(
            "{failed} of {turns} turns failed ({percent:.1} percent; {} are borne)",
            settings.rollback_percent
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(turns: u64, failed: u64) -> Counts {
        Counts {
            turns,
            failed,
            ..Counts::default()
        }
    }

    #[test]
    fn only_the_window_counts() {
        let mut past = Past::new();
        assert_eq!(
            lately(&mut past, 10_000, counts(100, 0), 1_000),
            counts(100, 0)
        );
        assert_eq!(
            lately(&mut past, 10_500, counts(150, 5), 1_000),
            counts(150, 5)
        );
        assert_eq!(
            lately(&mut past, 11_200, counts(200, 10), 1_000),
            counts(100, 10)
        );
        assert_eq!(
            lately(&mut past, 11_600, counts(200, 10), 1_000),
            counts(50, 5)
        );
        assert_eq!(
            lately(&mut past, 11_700, counts(3, 1), 1_000),
            counts(3, 1),
            "anew"
        );
    }

    #[test]
    fn few_turns_or_few_failures_are_borne() {
        let settings = Settings::default();
        for (turns, failed, bad) in [
            (19, 19, false),
            (20, 1, false),
            (20, 2, true),
            (1_000, 50, false),
            (1_000, 51, true),
        ] {
            let reason = too_bad(&settings, counts(turns, failed));
            assert_eq!(reason.is_some(), bad, "{failed} of {turns}: {reason:?}");
        }
    }
}
