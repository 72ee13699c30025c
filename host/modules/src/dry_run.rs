//! A module reads copies of real states before anything is activated: all of them when an
//! operator asks, a bounded sample of them whenever a module is to serve.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pizza_guest::Module;
use pizza_types::ActorId;

use crate::downgrade::States;
use crate::error::Refusal;
use crate::modules::{Inner, Modules};
use crate::reading::{self, Found, Kept};

/// What a module would do to the states that are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRun {
    /// How many actors were looked at.
    pub actors: usize,
    /// How many states of an older layout became states of the module's.
    pub migrated: usize,
    /// How many states the module has read, by something that it exports.
    pub read: usize,
    /// What read them: `activate`, and the names of queries.
    pub read_by: BTreeSet<String>,
    /// States that the module cannot take over; the first hundred.
    pub failing: Vec<Failing>,
    /// How many states it cannot take over in all.
    pub failed: usize,
}

/// A state that a module cannot take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    pub actor: ActorId,
    /// The layout of its state; 0 where the actor has entries alone.
    pub schema: u32,
    pub why: String,
}

/// The most failing states that are listed: a person reads no more, and the answer goes over HTTP
/// in one piece.
const FAILING_MAX: usize = 100;

impl Modules {
    /// Lets the module migrate and read a copy of every state of its type, or of the first
    /// `limit`. Nothing is written but a line of the audit log.
    ///
    /// # Errors
    /// When the module cannot be loaded or the store cannot be read.
    pub async fn dry_run(&self, digest: &str, limit: usize) -> Result<DryRun, Refusal> {
        let info = self.0.find(digest).await?;
        let module = self.0.module(info.digest).await?;
        let mut seen = DryRun::default();
        let now_ms = self.0.port.wall_ms();
        let store = &*self.0.actors;
        let mut states = States::of(store, &info.actor_type);
        while seen.actors < limit
            && let Some((actor, kept)) = states.next_whole().await?
        {
            let schema = kept.schema();
            let found = self.0.take_over(&module, &actor, kept, now_ms).await;
            seen.add(actor, schema, found);
        }
        let detail = format!(
            "{} states looked at, {} migrated, {} read, {} fail",
            seen.actors, seen.migrated, seen.read, seen.failed
        );
        let (actor_type, digest) = (&info.actor_type, info.digest);
        let line = self
            .0
            .line(actor_type, digest, "dry-run", "operator", detail);
        self.0.note(line).await;
        Ok(seen)
    }
}

impl Inner {
    /// The first of a sample of states that the module cannot take over.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) async fn unreadable(
        &self,
        module: &Arc<Module>,
    ) -> Result<Option<Failing>, Refusal> {
        let until = Instant::now() + Duration::from_millis(self.settings.sample_ms);
        let store = &*self.actors;
        let mut states = States::of(store, module.actor_type());
        let now_ms = self.port.wall_ms();
        // Bounded twice: an activation must not take minutes where the states are many, nor
        // where each of them is slow to read.
        for _ in 0..self.settings.sample_states {
            if Instant::now() >= until {
                break;
            }
            let Some((actor, kept)) = states.next_whole().await? else {
                break;
            };
            let schema = kept.schema();
            if let Err(why) = self.take_over(module, &actor, kept, now_ms).await {
                return Ok(Some(Failing { actor, schema, why }));
            }
        }
        Ok(None)
    }

    /// What serves now is asked too where the module fails: what neither can do tells
    /// nothing of the state.
    async fn take_over(
        &self,
        module: &Arc<Module>,
        actor: &ActorId,
        kept: Kept,
        now_ms: u64,
    ) -> Result<Found, String> {
        let served = self.port.served(module.actor_type());
        let served = served.map(|served| served.current);
        reading::of(module, served.as_ref(), actor, &kept, now_ms).await
    }
}

impl DryRun {
    fn add(&mut self, actor: ActorId, schema: u32, found: Result<Found, String>) {
        self.actors += 1;
        match found {
            Ok(found) => {
                self.migrated += usize::from(found.migrated);
                self.read += usize::from(!found.read_by.is_empty());
                self.read_by.extend(found.read_by);
            }
            Err(why) => {
                self.failed += 1;
                if self.failing.len() < FAILING_MAX {
                    self.failing.push(Failing { actor, schema, why });
                }
            }
        }
    }
}
