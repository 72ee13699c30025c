//! The handle that holds the modules of a silo together.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use pizza_guest::{Change, Compiled, Inspected, Module, WasmHost, compare};
use pizza_store::{InspectionStore, Store};
use pizza_types::{ModuleDigest, ModuleMetrics};
use tokio::sync::Semaphore;

use crate::error::Refusal;
use crate::record::{Audit, Info, Plan, Withdrawn};
use crate::registry::Registry;
use crate::serving::ServingPort;
use crate::sign::Trust;

/// What an operator may set about modules.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The largest component that is taken, in bytes.
    pub bytes_max: usize,
    pub trust: Trust,
    /// A module is taken back when more than this percentage of its turns within the window
    /// failed.
    pub rollback_percent: f64,
    /// The fewest turns within the window by which a module is judged.
    pub rollback_turns: u64,
    /// The window, in milliseconds, within which turns and failures are counted.
    pub rollback_window_ms: u64,
    /// A module that has served everybody for this long, in milliseconds, is not taken back any
    /// more.
    pub probation_ms: u64,
    /// The most states that a module must be able to read before it serves.
    pub sample_states: usize,
    /// The time for reading these states, in milliseconds.
    pub sample_ms: u64,
    /// The number of modules of each type that are kept although they neither serve nor could be
    /// rolled back to.
    pub keep_modules: usize,
    /// The longest time that such a module is kept, in milliseconds.
    pub keep_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // An actor in JavaScript or Python brings its interpreter along.
            bytes_max: 32 << 20,
            trust: Trust::default(),
            rollback_percent: 5.0,
            // With fewer, one failure would be more than the percentage.
            rollback_turns: 20,
            rollback_window_ms: 10_000,
            // Ten minutes: most modules that fail do so at once, and a rollback later is for a
            // person to decide.
            probation_ms: 600_000,
            // As long as an operator takes for "at once".
            sample_states: 200,
            sample_ms: 500,
            keep_modules: 5,
            keep_ms: 7 * 86_400_000,
        }
    }
}

/// Modules that serve nobody but stay loaded, so that going back takes no time. Each
/// holds its machine code and warm instances.
const LOADED_MAX: usize = 12;
/// The fewest characters of a digest that identify a module, even if only one begins so.
const PREFIX_CHARACTERS_MIN: usize = 4;

/// The modules of a silo. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Modules(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) host: Arc<WasmHost>,
    pub(crate) registry: Registry,
    /// The actors whose states a module is to read.
    pub(crate) actors: Arc<dyn InspectionStore>,
    pub(crate) port: Arc<dyn ServingPort>,
    pub(crate) settings: Settings,
    /// The modules that are loaded, the one that was used latest last.
    loaded: Mutex<Vec<Arc<Module>>>,
    /// The version of each type's plan that was carried out last.
    pub(crate) carried_out: Mutex<HashMap<String, u64>>,
    /// The lock that is held while what serves is changed: one change at a time.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// One module is compiled at a time: the silo has other things to do.
    pub(crate) compiling: Semaphore,
}

/// A module as an operator sees it.
#[derive(Debug, Clone)]
pub struct Shown {
    pub info: Info,
    /// The percentage of the keys that it serves; `None` when it does not serve.
    pub percent: Option<f64>,
    /// What it has done since it serves; `None` when it does not serve.
    pub metrics: Option<ModuleMetrics>,
    /// That it is not to serve any more; `None` when it may.
    pub withdrawn: Option<Withdrawn>,
}

impl Modules {
    /// A handle on the modules that `store` keeps, carried out by `port`. Nothing serves before
    /// [`Modules::start`].
    #[must_use]
    pub fn new(
        host: Arc<WasmHost>,
        store: Arc<dyn Store>,
        port: Arc<dyn ServingPort>,
        settings: Settings,
    ) -> Self {
        // Two starts of one silo differ by their time, two silos by their names.
        let writer = format!("{}.{:x}", port.silo(), port.wall_ms());
        Self(Arc::new(Inner {
            host,
            registry: Registry::new(Arc::clone(&store) as Arc<_>, writer),
            actors: store,
            port,
            settings,
            loaded: Mutex::default(),
            carried_out: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
            compiling: Semaphore::new(1),
        }))
    }

    /// What the operator has set.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Every module that is kept, or those of one type; by type, the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn list(&self, actor_type: Option<&str>) -> Result<Vec<Shown>, Refusal> {
        let mut infos = self.0.registry.infos("").await?;
        infos.retain(|info| actor_type.is_none_or(|wanted| wanted == info.actor_type));
        infos.sort_by(|a, b| (&a.actor_type, b.at_ms).cmp(&(&b.actor_type, a.at_ms)));
        let mut withdrawn = self.0.registry.all_withdrawn().await?;
        let shown = infos.into_iter().map(|info| {
            let withdrawn = withdrawn.remove(&info.digest.to_string());
            self.0.shown(info, withdrawn)
        });
        Ok(shown.collect())
    }

    /// Finds the module by the beginning of its digest.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub async fn find(&self, prefix: &str) -> Result<Shown, Refusal> {
        let info = self.0.find(prefix).await?;
        let withdrawn = self.0.registry.withdrawn(info.digest).await?;
        Ok(self.0.shown(info, withdrawn))
    }

    /// What changes for others when `new` takes the place of `old`.
    ///
    /// # Errors
    /// When one of them cannot be loaded.
    pub async fn diff(&self, old: &str, new: &str) -> Result<Vec<Change>, Refusal> {
        let (old, new) = (self.0.find(old).await?, self.0.find(new).await?);
        let old = self.0.module(old.digest).await?;
        let new = self.0.module(new.digest).await?;
        Ok(compare(&old, &new))
    }

    /// The plan of a type as this silo follows it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn plan(&self, actor_type: &str) -> Result<Option<Plan>, Refusal> {
        let silo = self.0.port.silo();
        Ok(self.0.registry.plan(actor_type, silo).await?)
    }

    /// The plans of all types that are served, as this silo follows them, by type.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn plans(&self) -> Result<Vec<(String, Plan)>, Refusal> {
        let types = self.0.port.types();
        let plans = self.0.registry.plans_of(&types, self.0.port.silo()).await?;
        let mut known = Vec::new();
        for (actor_type, plan) in types.into_iter().zip(plans) {
            known.extend(plan?.map(|plan| (actor_type, plan)));
        }
        Ok(known)
    }

    /// What was done, newest first, each line with its number. Lines have their numbers by the
    /// time when they were written, so that an `after` which begins with a time, in milliseconds since
    /// the Unix epoch and 16 digits long, asks for those that are not older.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audit(
        &self,
        actor_type: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Audit)>, Refusal> {
        Ok(self.0.registry.audit(actor_type, after, limit).await?)
    }
}

impl Inner {
    pub(crate) async fn find(&self, prefix: &str) -> Result<Info, Refusal> {
        let hexadecimal = prefix
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !hexadecimal || !(PREFIX_CHARACTERS_MIN..=64).contains(&prefix.len()) {
            return Err(Refusal::Unknown(prefix.chars().take(80).collect()));
        }
        let mut infos = self.registry.infos(prefix).await?;
        if infos.len() > 1 {
            let found = infos.iter().map(|info| info.digest.to_string()).collect();
            let prefix = prefix.to_owned();
            return Err(Refusal::Ambiguous { prefix, found });
        }
        infos
            .pop()
            .ok_or_else(|| Refusal::Unknown(prefix.to_owned()))
    }

    fn shown(&self, info: Info, withdrawn: Option<Withdrawn>) -> Shown {
        let served = self.port.served(&info.actor_type);
        let mut shown = Shown {
            info,
            percent: None,
            metrics: None,
            withdrawn,
        };
        let Some(served) = served else {
            return shown;
        };
        let canary = served.canary.as_ref().map_or(0.0, |(_, percent)| *percent);
        let modules = served
            .canary
            .iter()
            .map(|(module, percent)| (module, *percent));
        for (module, percent) in modules.chain([(&served.current, 100.0 - canary)]) {
            if module.digest() == shown.info.digest {
                shown.percent = Some(percent);
                shown.metrics = self.port.metrics(module);
            }
        }
        shown
    }

    /// The module, from memory if it is there, ready for turns.
    pub(crate) async fn module(&self, digest: ModuleDigest) -> Result<Arc<Module>, Refusal> {
        let is_it = |module: &&Arc<Module>| module.digest() == digest;
        if let Some(module) = self.loaded.lock().iter().find(is_it) {
            return Ok(Arc::clone(module));
        }
        // Two may load the same at once; the second finds its work done twice, not wrong.
        let unknown = || Refusal::Unknown(digest.to_string());
        let info = self.registry.info(digest).await?.ok_or_else(unknown)?;
        // Trust is looked at each time: a key may have been taken away since the push. What came
        // with the program needs none.
        if !info.is_bundled {
            let trust = &self.settings.trust;
            let (kept, by) = (info.signature.as_ref(), info.signed_by.as_deref());
            trust.admit(kept, by, digest, &info.actor_type)?;
        }
        let wasm = self.registry.wasm(digest).await?.ok_or_else(unknown)?;
        let inspected = self.inspect(&wasm, &info.actor_type).await?;
        let compiled = self.compile(inspected, &wasm).await?;
        self.warm(compiled, &info.actor_type).await
    }

    /// All that can be refused without compiling is refused here.
    pub(crate) async fn inspect(
        &self,
        wasm: &[u8],
        actor_type: &str,
    ) -> Result<Inspected, Refusal> {
        let settings = self.port.settings(actor_type);
        let inspected = self.host.inspect(wasm, settings).await;
        inspected.map_err(Refusal::Inspected)
    }

    pub(crate) async fn compile(
        &self,
        inspected: Inspected,
        wasm: &[u8],
    ) -> Result<Compiled, Refusal> {
        // The semaphore lives as long as this, and is never closed.
        let _one = self.compiling.acquire().await;
        Ok(self.host.compile(inspected, wasm).await?)
    }

    pub(crate) async fn warm(
        &self,
        compiled: Compiled,
        actor_type: &str,
    ) -> Result<Arc<Module>, Refusal> {
        let module = self.host.warm(compiled, actor_type).await?;
        self.keep_loaded(&module);
        Ok(module)
    }

    pub(crate) fn unload(&self, digest: ModuleDigest) {
        let mut loaded = self.loaded.lock();
        loaded.retain(|module| module.digest() != digest);
    }

    pub(crate) fn keep_loaded(&self, module: &Arc<Module>) {
        let mut loaded = self.loaded.lock();
        // Moved to the end, so that what is used stays.
        loaded.retain(|other| other.digest() != module.digest());
        loaded.push(Arc::clone(module));
        let excess = loaded.len().saturating_sub(LOADED_MAX);
        loaded.drain(..excess);
    }

    /// A line of the audit log, for whatever writes it.
    pub(crate) fn line(
        &self,
        actor_type: &str,
        digest: ModuleDigest,
        what: &str,
        by: &str,
        detail: String,
    ) -> Audit {
        tracing::info!(actor_type, %digest, what, by, detail, "modules");
        Audit {
            at_ms: self.port.wall_ms(),
            actor_type: actor_type.to_owned(),
            digest,
            what: what.to_owned(),
            by: by.to_owned(),
            detail,
        }
    }

    /// Notes what changed nothing: a refusal stands, whether it can be written down or not.
    pub(crate) async fn note(&self, line: Audit) {
        if let Err(error) = self.registry.note(&line).await {
            tracing::error!(%error, "the audit log of modules cannot be written");
        }
    }
}
