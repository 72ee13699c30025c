//! A module that fails too often is taken back by itself.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use pizza_types::{ModuleDigest, ModuleMetrics};

use crate::error::Refusal;
use crate::modules::{Modules, Settings};
use crate::record::Plan;

/// How often modules are looked at. A look costs one read of all plans; a module that
/// traps in every turn is gone within this and `rollback_turns` turns.
const LOOK: Duration = Duration::from_millis(250);

/// What a module had done at some times, oldest first.
type Past = VecDeque<(u64, ModuleMetrics)>;

/// What is remembered from one look to the next.
#[derive(Default)]
struct Watched {
    pasts: HashMap<ModuleDigest, Past>,
    /// The probation of each type's current module, by the name of the type.
    probations: HashMap<String, Probation>,
}

/// How long a module has yet to prove itself, once it serves everybody.
#[derive(Clone, Copy)]
struct Probation {
    current: ModuleDigest,
    since_ms: u64,
    /// When it ends, on the clock that never goes back.
    until_ms: u64,
}

impl Modules {
    /// Looks at what serves, again and again, until the future is dropped.
    pub async fn watch(self) {
        let mut watched = Watched::default();
        loop {
            tokio::time::sleep(LOOK).await;
            let (inner, types) = (&self.0, self.0.port.types());
            // A store that cannot be read stops more than this; it is not told here.
            let plans = inner.registry.plans_of(&types, inner.port.silo()).await;
            for (actor_type, plan) in types.iter().zip(plans.unwrap_or_default()) {
                if let Ok(Some(plan)) = plan {
                    self.look(actor_type, plan, &mut watched).await;
                }
            }
        }
    }

    /// A plan may be older than what was carried out meanwhile, which then stands.
    async fn look(&self, actor_type: &str, plan: Plan, watched: &mut Watched) {
        let inner = &self.0;
        let Some(served) = inner.port.served(actor_type) else {
            return;
        };
        let (now_ms, wall_ms) = (inner.port.now_ms(), inner.port.wall_ms());
        if let Err(refusal) = self.follow(actor_type, &plan).await {
            tracing::error!(actor_type, %refusal, "what another silo has decided cannot serve here");
            return;
        }
        let found = Probation::of(&plan, inner.settings.probation_ms, now_ms, wall_ms);
        let until_ms = watched.probation(actor_type, &plan, found);
        let module = match &served.canary {
            Some((module, percent)) if *percent > 0.0 => module,
            // What has served everybody for a while has proved itself.
            _ if plan.before.is_empty() => return,
            _ if now_ms > until_ms => return,
            _ => &served.current,
        };
        let Some(metrics) = inner.port.metrics(module) else {
            return;
        };
        let past = watched.pasts.entry(module.digest()).or_default();
        let lately = lately(past, now_ms, metrics, inner.settings.rollback_window_ms);
        let Some(reason) = too_bad(&inner.settings, lately) else {
            return;
        };
        // What failed before must not be counted against what serves next.
        past.clear();
        tracing::warn!(actor_type, digest = %module.digest(), reason, "a module is taken back");
        if let Err(refusal) = inner.roll_back(actor_type, None, "silo", &reason).await {
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

impl Modules {
    /// Carries out what another silo has decided.
    async fn follow(&self, actor_type: &str, plan: &Plan) -> Result<(), Refusal> {
        if self.0.port.is_alone() {
            return Ok(());
        }
        self.0.carry_out(actor_type, plan).await
    }
}

impl Watched {
    /// When the probation of what the plan serves ends: as it was `found`, or as it was first.
    fn probation(&mut self, actor_type: &str, plan: &Plan, found: Probation) -> u64 {
        match self.probations.get(actor_type) {
            Some(known) if known.is_of(plan) => known.until_ms,
            _ => {
                self.probations.insert(actor_type.to_owned(), found);
                found.until_ms
            }
        }
    }
}

impl Probation {
    /// A plan of before the silo's start has only its date to tell its age; one that seems
    /// to be of the future begins its probation anew.
    fn of(plan: &Plan, probation_ms: u64, now_ms: u64, wall_ms: u64) -> Self {
        let age_ms = wall_ms.saturating_sub(plan.since_ms);
        Self {
            current: plan.current,
            since_ms: plan.since_ms,
            until_ms: now_ms.saturating_add(probation_ms.saturating_sub(age_ms)),
        }
    }

    fn is_of(&self, plan: &Plan) -> bool {
        (self.current, self.since_ms) == (plan.current, plan.since_ms)
    }
}

/// What the module has done within the window.
fn lately(past: &mut Past, now_ms: u64, metrics: ModuleMetrics, window_ms: u64) -> ModuleMetrics {
    // Metrics only grow while a module serves: fewer turns mean that it has begun anew.
    if past
        .back()
        .is_some_and(|(_, before)| before.turns > metrics.turns)
    {
        past.clear();
    }
    // One look a quarter of a second: a window of ten seconds holds some forty of them.
    past.push_back((now_ms, metrics));
    let since_ms = now_ms.saturating_sub(window_ms);
    while past.len() > 1 && past.get(1).is_some_and(|(ms, _)| *ms <= since_ms) {
        past.pop_front();
    }
    match past.front() {
        Some((ms, before)) if *ms <= since_ms => metrics.since(before),
        _ => metrics,
    }
}

fn too_bad(settings: &Settings, lately: ModuleMetrics) -> Option<String> {
    let ModuleMetrics { turns, failed, .. } = lately;
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

    fn metrics(turns: u64, failed: u64) -> ModuleMetrics {
        ModuleMetrics {
            turns,
            failed,
            ..ModuleMetrics::default()
        }
    }

    #[test]
    fn a_probation_goes_on_when_the_date_is_set() {
        const HOUR_MS: u64 = 3_600_000;
        let digest = |n| ModuleDigest([n; 32]);
        let plan = Plan::only(digest(1), 10 * HOUR_MS);
        let mut watched = Watched::default();
        let mut until_ms = |plan: &Plan, now_ms, wall_ms| {
            let found = Probation::of(plan, HOUR_MS, now_ms, wall_ms);
            watched.probation("pot", plan, found)
        };
        // Found a quarter of an hour old, at the start of a silo on a machine just started.
        let found = until_ms(&plan, 1_000, 10 * HOUR_MS + HOUR_MS / 4);
        assert_eq!(found, 1_000 + HOUR_MS / 4 * 3);
        for wall_ms in [0, 9 * HOUR_MS, 20 * HOUR_MS] {
            assert_eq!(until_ms(&plan, 2_000, wall_ms), found, "{wall_ms}");
        }
        let next = plan.succeeded_by(digest(2), 9 * HOUR_MS);
        let second = until_ms(&next, 3_000, 9 * HOUR_MS);
        assert_eq!(second, 3_000 + HOUR_MS);
        // Of the future, or so it seems: no longer than a whole one.
        let later = next.succeeded_by(digest(1), 12 * HOUR_MS);
        assert_eq!(until_ms(&later, 4_000, 9 * HOUR_MS), 4_000 + HOUR_MS);
    }

    #[test]
    fn only_the_window_counts() {
        let mut past = Past::new();
        assert_eq!(
            lately(&mut past, 10_000, metrics(100, 0), 1_000),
            metrics(100, 0)
        );
        assert_eq!(
            lately(&mut past, 10_500, metrics(150, 5), 1_000),
            metrics(150, 5)
        );
        assert_eq!(
            lately(&mut past, 11_200, metrics(200, 10), 1_000),
            metrics(100, 10)
        );
        assert_eq!(
            lately(&mut past, 11_600, metrics(200, 10), 1_000),
            metrics(50, 5)
        );
        assert_eq!(
            lately(&mut past, 11_700, metrics(3, 1), 1_000),
            metrics(3, 1),
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
            let reason = too_bad(&settings, metrics(turns, failed));
            assert_eq!(reason.is_some(), bad, "{failed} of {turns}: {reason:?}");
        }
    }
}
