//! The one step that changes what serves.

use std::sync::Arc;

use pizza_guest::Module;
use pizza_types::ModuleDigest;

use crate::compat;
use crate::downgrade;
use crate::dry_run::Failing;
use crate::error::Refusal;
use crate::modules::{Inner, Modules};
use crate::record::{Audit, Canary, Plan};
use crate::serving::Served;

/// Which module is to serve, and whom.
#[derive(Debug, Clone)]
pub struct Activate {
    /// The beginning of the digest of the module, or all of it.
    pub digest: String,
    pub how: How,
    /// The silo that the change is for, by its name; `None` for all silos.
    pub silo: Option<String>,
    /// Whether to activate it although others may rely on what it changes.
    pub force: bool,
    /// Whether to activate it although it was withdrawn.
    pub allow_withdrawn: bool,
    /// Whether to activate it although a sampled state cannot be taken over.
    pub force_unreadable: bool,
    /// The version of the plan that whoever wants this has seen: it is done only while that holds, and
    /// so once, however often it is asked for. `None` to do it in any case.
    pub version: Option<u64>,
}

/// How much of the type a module is to serve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum How {
    /// It serves all keys.
    Everybody,
    /// It serves this percentage of the keys, above 0 and up to 100.
    Canary(f64),
}

impl Modules {
    /// Lets the module serve. Turns that have begun end on the one they began on.
    ///
    /// # Errors
    /// When it does not fit those who call it, or cannot read what is there.
    pub async fn activate(&self, wanted: &Activate) -> Result<Plan, Refusal> {
        let info = self.0.find(&wanted.digest).await?;
        // Held over the sampling too: a plan decided on one state of things must not be
        // carried out on another.
        let _one = self.0.changing.lock().await;
        let activated = self.0.activate(info.digest, wanted).await;
        if let Err(refusal) = &activated {
            let detail = format!("to be {}: {refusal}", wanted.how.named());
            let (actor_type, digest) = (&info.actor_type, info.digest);
            let line = self
                .0
                .line(actor_type, digest, "refused", "operator", detail);
            self.0.note(line).await;
        }
        activated
    }
}

impl How {
    fn named(self) -> &'static str {
        match self {
            Self::Everybody => "activated",
            Self::Canary(_) => "canary",
        }
    }
}

fn described(plan: &Plan, wanted: &Activate) -> String {
    let scope = wanted
        .silo
        .as_deref()
        .map_or("on all silos".to_owned(), |silo| format!("on silo {silo}"));
    let forced = match (wanted.force, wanted.allow_withdrawn) {
        (false, false) => "",
        (true, false) => ", forced",
        (false, true) => ", withdrawn or not",
        (true, true) => ", forced, withdrawn or not",
    };
    match &plan.canary {
        Some(canary) => format!("{} percent of the keys, {scope}{forced}", canary.percent),
        None => format!("{scope}{forced}"),
    }
}

impl Inner {
    async fn activate(&self, digest: ModuleDigest, wanted: &Activate) -> Result<Plan, Refusal> {
        self.check_withdrawn(digest, wanted.allow_withdrawn).await?;
        let module = self.module(digest).await?;
        compat::check(&*self.port, &module, wanted.force)?;
        let actor_type = module.actor_type();
        let served = self.port.served(actor_type);
        // Only going down needs a look at every state; going up migrates.
        let is_older = served
            .as_ref()
            .is_some_and(|s| highest_schema(s) > module.schema());
        if is_older {
            let store = &*self.actors;
            downgrade::refuse(store, actor_type, digest, module.schema()).await?;
        }
        let unreadable = self.unreadable(&module).await?;
        if let Some(failing) = &unreadable
            && !wanted.force_unreadable
        {
            return Err(Refusal::Unreadable {
                actor: failing.actor.to_string(),
                schema: failing.schema,
                why: failing.why.clone(),
            });
        }
        let plan = self.registry.plan(actor_type, self.port.silo()).await?;
        refuse_unless_seen(actor_type, plan.as_ref(), wanted.version)?;
        let now_ms = self.port.wall_ms();
        let plan = match (plan, wanted.how) {
            (None, How::Everybody) => Plan::only(digest, now_ms),
            (None, How::Canary(_)) => return Err(Refusal::NothingServes(actor_type.to_string())),
            (Some(plan), How::Everybody) => succeeded(&plan, served.as_ref(), &module, now_ms),
            (Some(plan), How::Canary(percent)) => with_canary(plan, digest, percent)?,
        };
        self.prepare_elsewhere(&module, served.as_ref(), wanted)
            .await?;
        let (what, mut detail) = (wanted.how.named(), described(&plan, wanted));
        if let Some(Failing { actor, why, .. }) = unreadable {
            detail.push_str(&format!(", although it cannot take over {actor}: {why}"));
        }
        let line = self.line(actor_type, digest, what, "operator", detail);
        let version = self.follow(wanted.silo.as_deref(), &plan, line).await?;
        self.clean(actor_type, digest).await;
        Ok(Plan { version, ..plan })
    }

    /// Makes the plan durable together with why it is followed, then carries it out; tells its version.
    pub(crate) async fn follow(
        &self,
        silo: Option<&str>,
        plan: &Plan,
        line: Audit,
    ) -> Result<u64, Refusal> {
        let current = self.module(plan.current).await?;
        let canary = match &plan.canary {
            Some(canary) => Some((self.module(canary.digest).await?, canary.percent)),
            None => None,
        };
        // Durable first: a silo that dies between the two serves the new plan when it starts.
        let own = self.port.silo();
        let version = self.registry.set_plan(silo, own, plan, &line).await?;
        let version = version.ok_or_else(|| Refusal::Changed(line.actor_type.clone()))?;
        if silo.is_none_or(|silo| silo == own) {
            // So that a rollback a moment later finds it in memory.
            self.keep_loaded(&current);
            self.serve(version, Served { current, canary });
        }
        self.port.changed(&line.actor_type).await;
        Ok(version)
    }

    /// Each silo that is to serve the module has it ready before any does: else an actor that moves
    /// could meet an older one, or wait for the compiler.
    async fn prepare_elsewhere(
        &self,
        module: &Module,
        served: Option<&Served>,
        wanted: &Activate,
    ) -> Result<(), Refusal> {
        if self.port.is_alone() {
            return Ok(());
        }
        let schema = module.schema();
        if wanted.silo.is_some() && served.is_none_or(|served| served.current.schema() < schema) {
            let digest = module.digest();
            return Err(Refusal::OnlyHere { digest, schema });
        }
        let unready = self.port.prepare(module.digest()).await;
        if unready.is_empty() {
            return Ok(());
        }
        Err(Refusal::Unprepared(unready))
    }
}

/// Whether the plan is still the one that somebody has seen.
///
/// # Errors
/// When it is another one.
pub(crate) fn refuse_unless_seen(
    actor_type: &str,
    plan: Option<&Plan>,
    seen: Option<u64>,
) -> Result<(), Refusal> {
    let now = plan.map_or(0, |plan| plan.version);
    match seen {
        Some(seen) if seen != now => Err(Refusal::Seen {
            actor_type: actor_type.to_owned(),
            seen,
            now,
        }),
        _ => Ok(()),
    }
}

fn highest_schema(served: &Served) -> u32 {
    let canary = served
        .canary
        .as_ref()
        .map_or(0, |(module, _)| module.schema());
    served.current.schema().max(canary)
}

/// Turns in flight may still write a layout that the older module cannot read, so the newer
/// one stays for those.
fn succeeded(plan: &Plan, served: Option<&Served>, module: &Arc<Module>, now_ms: u64) -> Plan {
    let mut next = plan.succeeded_by(module.digest(), now_ms);
    let newest = served.and_then(|served| {
        let canary = served.canary.iter().map(|(module, _)| module);
        let modules = canary.chain([&served.current]);
        modules.max_by_key(|module| module.schema())
    });
    if let Some(newest) = newest.filter(|newest| newest.schema() > module.schema()) {
        let (digest, percent) = (newest.digest(), 0.0);
        // With a share of 0: it serves the actors that nobody else can read, and no others.
        next.canary = Some(Canary { digest, percent });
    }
    next
}

fn with_canary(mut plan: Plan, digest: ModuleDigest, percent: f64) -> Result<Plan, Refusal> {
    if !(percent > 0.0 && percent <= 100.0) {
        return Err(Refusal::Percent(percent));
    }
    match &plan.canary {
        Some(canary) if canary.digest == digest && percent < canary.percent => {
            // A smaller share would take actors back whose state it may have migrated.
            let (has, wanted) = (canary.percent, percent);
            Err(Refusal::Shrinks { has, wanted })
        }
        _ => {
            plan.canary = Some(Canary { digest, percent });
            Ok(plan)
        }
    }
}
