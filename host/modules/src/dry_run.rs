//! `migrate` on copies of real states, before anything is activated.

use std::sync::Arc;

use pizza_guest::{Module, Turn, What};
use pizza_types::{ActorId, MessageId, State};

use crate::error::Refusal;
use crate::modules::Modules;
use crate::newer::States;

/// What a module would do to the states that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    pub actors: usize,
    /// States of an older layout that became states of the module's.
    pub migrated: usize,
    /// States that the module cannot take over; the first hundred.
    pub failing: Vec<Failing>,
    pub failed: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    pub actor: ActorId,
    pub schema: u32,
    pub why: String,
}

const FAILING_MAX: usize = 100;

impl Modules {
    /// Runs `migrate` on a copy of every state of the module's type, or of the first
    /// `limit`. Nothing is written but a line of the audit log.
    ///
    /// # Errors
    /// When the module cannot be loaded or the store cannot be read.
    pub async fn dry_run(&self, digest: &str, limit: usize) -> Result<DryRun, Refusal> {
        let info = self.0.find(digest).await?;
        let module = self.0.module(info.digest).await?;
        let mut seen = DryRun {
            actors: 0,
            migrated: 0,
            failing: Vec::new(),
            failed: 0,
        };
        let now_ms = self.0.stage.now_ms();
        let store = &**self.0.registry.store();
        let mut states = States::of(store, &info.actor_type);
        while seen.actors < limit
            && let Some((actor, state)) = states.next().await?
        {
            let tried = try_one(&module, &actor, &state, now_ms).await;
            seen.add(actor, state.schema, tried);
        }
        let detail = format!(
            "{} states looked at, {} migrated, {} fail",
            seen.actors, seen.migrated, seen.failed
        );
        let (actor_type, digest) = (&info.actor_type, info.digest);
        let line = self
            .0
            .line(actor_type, digest, "dry-run", "operator", detail);
        self.0.note(line).await;
        Ok(seen)
    }
}

impl DryRun {
    fn add(&mut self, actor: ActorId, schema: u32, tried: Result<bool, String>) {
        self.actors += 1;
        match tried {
            Ok(migrated) => self.migrated += usize::from(migrated),
            Err(why) => {
                self.failed += 1;
                if self.failing.len() < FAILING_MAX {
                    self.failing.push(Failing { actor, schema, why });
                }
            }
        }
    }
}

/// Whether there was anything to migrate.
async fn try_one(
    module: &Arc<Module>,
    actor: &ActorId,
    state: &State,
    now_ms: u64,
) -> Result<bool, String> {
    let knows = module.schema();
    if state.schema == knows {
        return Ok(false);
    }
    if state.schema > knows {
        return Err(format!("the module knows no layout after {knows}"));
    }
    if !module.hooks().migrate {
        return Err("the module has no migrate".to_owned());
    }
    let what = What::Migrate {
        from_schema: state.schema,
        bytes: state.bytes.clone(),
    };
    let turn = Turn::alone(actor.clone(), what, MessageId([0; 16]), now_ms);
    let outcome = module.run(turn).await;
    outcome.map(|_| true).map_err(|error| error.to_string())
}
