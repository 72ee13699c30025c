//! Which plugin is bound to which actor: durable in the store, in force in the host.
//!
//! A plugin is kept once, under its digest, however many actors it is bound to. The list of
//! bindings is one fact of the store: a crash leaves the old list or the new one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pizza_guest::plugins::PluginStats;
use pizza_guest::{LoadError, Plugin, Plugins, WasmHost};
use pizza_modules::{PLUGINS, SignError, Signature, Trust};
use pizza_store::{FactStore, StoreError};
use pizza_types::{ActorId, ModuleDigest};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// The fact of the store that holds the list of bindings.
const LIST: &str = "plugins";
/// How often a silo of a cluster looks what others have bound.
const LOOK: Duration = Duration::from_secs(1);
/// The most bindings: the list is one fact, which each change writes whole.
const BINDINGS_MAX: usize = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("the plugin is refused: {0}")]
    Refused(#[from] LoadError),
    #[error("the plugin's signature is refused: {0}")]
    Signature(#[from] SignError),
    #[error("the plugin was withdrawn by {by}: {why} (--allow-withdrawn binds it all the same)")]
    Withdrawn { by: String, why: String },
    #[error("there are {BINDINGS_MAX} bindings already")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One binding, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The digest of the plugin, in hexadecimal digits.
    pub digest: String,
    pub bytes: usize,
    pub at_ms: u64,
    /// The trusted key that signed the plugin; `None` when none did.
    #[serde(default)]
    pub signed_by: Option<String>,
    /// The signature, to be checked again at each start; `None` when there is none.
    #[serde(default)]
    pub signature: Option<Signature>,
}

/// A binding and how its plugin has done.
#[derive(Debug, Clone)]
pub struct Bound {
    pub actor: String,
    pub binding: Binding,
    pub state: State,
}

#[derive(Debug, Clone)]
pub enum State {
    InForce(PluginStats),
    /// The silo started without it: the actor decides by itself.
    Unusable(String),
}

pub struct Bindings {
    host: Arc<WasmHost>,
    store: Arc<dyn FactStore>,
    trust: Trust,
    /// The bindings by `type/key`. The lock is held while a change is made durable: changes come
    /// one by one.
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    bindings: BTreeMap<String, Binding>,
    /// Why the plugins that could not be loaded at the start were not, by actor.
    unusable: BTreeMap<String, String>,
}

impl Bindings {
    /// Brings into force what was bound before. A plugin that cannot be loaded any more is
    /// no reason not to start: its actor does without.
    pub(crate) async fn resume(
        host: Arc<WasmHost>,
        store: Arc<dyn FactStore>,
        trust: Trust,
    ) -> Result<Self, StoreError> {
        let mut list = List {
            bindings: parsed(store.fact(LIST).await?.as_ref())?,
            unusable: BTreeMap::new(),
        };
        for (actor, binding) in &list.bindings {
            if let Some(why) = bring(&host, &*store, &trust, actor, binding).await? {
                list.unusable.insert(actor.clone(), why);
            }
        }
        let list = Mutex::new(list);
        Ok(Self {
            host,
            store,
            trust,
            list,
        })
    }

    /// Loads the plugin, keeps it, and has the actor ask it from now on.
    ///
    /// # Errors
    /// Why it is refused, or could not be kept; then all is as it was.
    pub async fn bind(
        &self,
        actor: &ActorId,
        wasm: Bytes,
        signature: Option<&Signature>,
        allow_withdrawn: bool,
        now_ms: u64,
    ) -> Result<Bound, BindError> {
        let digest = ModuleDigest::of(&wasm);
        // Before it is compiled: code of strangers shall not even be read.
        let signed_by = self.trust.signer(signature, digest, PLUGINS)?;
        if let Some(withdrawn) = pizza_modules::withdrawn(&*self.store, digest).await?
            && !allow_withdrawn
        {
            return Err(BindError::Withdrawn {
                by: withdrawn.by,
                why: withdrawn.why,
            });
        }
        let plugin = match self.plugins().loaded(digest) {
            Some(plugin) => plugin,
            None => self.host.load_plugin(&wasm).await?,
        };
        let name = actor.to_string();
        // The bytes first: a list must never name what is not there.
        let bytes = wasm.len();
        self.store
            .set_fact(&wasm_key(&digest.to_string()), wasm)
            .await?;
        // Only now: loading takes long, and others need not wait for it.
        let mut list = self.list.lock().await;
        let (bindings, before, binding) = loop {
            let kept = self.read_again(&mut list).await?;
            let mut bindings = list.bindings.clone();
            if !bindings.contains_key(&name) && bindings.len() >= BINDINGS_MAX {
                return Err(BindError::TooMany);
            }
            let binding = Binding {
                digest: digest.to_string(),
                bytes,
                // An actor tells one binding from the next by this time, even when the clock was
                // set back.
                at_ms: later_than(bindings.get(&name), now_ms),
                signed_by: signed_by.clone(),
                signature: signature.cloned(),
            };
            let before = bindings.insert(name.clone(), binding.clone());
            if write(&*self.store, kept.as_ref(), &bindings).await? {
                break (bindings, before, binding);
            }
        };
        // After the write: what is in force must be there after a restart.
        in_force(self.plugins(), actor.clone(), &binding, plugin);
        list.unusable.remove(&name);
        list.bindings = bindings;
        self.remove_unused(&list, before).await?;
        Ok(self.view(&list, &name, &binding))
    }

    /// Takes the actor's binding away, and says whether there was one.
    ///
    /// # Errors
    /// When it could not be made durable; then all is as it was.
    pub async fn unbind(&self, actor: &ActorId) -> Result<bool, StoreError> {
        let name = actor.to_string();
        let mut list = self.list.lock().await;
        let (bindings, before) = loop {
            let kept = self.read_again(&mut list).await?;
            let mut bindings = list.bindings.clone();
            let Some(before) = bindings.remove(&name) else {
                return Ok(false);
            };
            if write(&*self.store, kept.as_ref(), &bindings).await? {
                break (bindings, before);
            }
        };
        // In this order a failed write changes nothing.
        self.plugins().unbind(actor);
        list.unusable.remove(&name);
        list.bindings = bindings;
        self.remove_unused(&list, Some(before)).await?;
        Ok(true)
    }

    /// Brings into force what other silos have bound or unbound, until the future is dropped.
    pub(crate) async fn follow(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            let mut list = self.list.lock().await;
            if let Err(error) = self.read_again(&mut list).await {
                tracing::warn!(%error, "which plugins are bound cannot be read");
            }
        }
    }

    /// Takes over the list of the store, where another silo has changed it; gives it as it is kept.
    async fn read_again(&self, list: &mut List) -> Result<Option<Bytes>, StoreError> {
        let kept = self.store.fact(LIST).await?;
        let bindings = parsed(kept.as_ref())?;
        let gone = list
            .bindings
            .keys()
            .filter(|actor| !bindings.contains_key(*actor));
        for actor in gone {
            if let Some(id) = actor_id(actor) {
                self.plugins().unbind(&id);
            }
            list.unusable.remove(actor);
        }
        for (actor, binding) in &bindings {
            if list.bindings.get(actor) != Some(binding) {
                let why = bring(&self.host, &*self.store, &self.trust, actor, binding).await?;
                list.unusable.remove(actor);
                list.unusable.extend(why.map(|why| (actor.clone(), why)));
            }
        }
        list.bindings = bindings;
        Ok(kept)
    }

    pub async fn get(&self, actor: &ActorId) -> Option<Bound> {
        let name = actor.to_string();
        let list = self.list.lock().await;
        let binding = list.bindings.get(&name)?;
        Some(self.view(&list, &name, binding))
    }

    /// All bindings, in alphabetical order of the actors.
    pub async fn list(&self) -> Vec<Bound> {
        let list = self.list.lock().await;
        let bindings = list.bindings.iter();
        bindings
            .map(|(actor, binding)| self.view(&list, actor, binding))
            .collect()
    }

    fn plugins(&self) -> &Arc<Plugins> {
        self.host.plugins()
    }

    fn view(&self, list: &List, actor: &str, binding: &Binding) -> Bound {
        let found = actor_id(actor).and_then(|id| self.plugins().find(&id));
        let state = match (found, list.unusable.get(actor)) {
            (Some(bound), _) => State::InForce(bound.stats()),
            (None, why) => State::Unusable(why.cloned().unwrap_or_default()),
        };
        Bound {
            actor: actor.to_owned(),
            binding: binding.clone(),
            state,
        }
    }

    /// Forgets a plugin that nothing is bound to any more.
    async fn remove_unused(&self, list: &List, before: Option<Binding>) -> Result<(), StoreError> {
        let Some(before) = before else {
            return Ok(());
        };
        let mut bindings = list.bindings.values();
        // Also the new binding may be of the same plugin.
        if bindings.any(|binding| binding.digest == before.digest) {
            return Ok(());
        }
        self.store.remove_fact(&wasm_key(&before.digest)).await
    }
}

/// Brings a binding into force. The name that the actor gets tells one binding from the next,
/// even of the same plugin.
fn in_force(plugins: &Plugins, actor: ActorId, binding: &Binding, plugin: Arc<Plugin>) {
    let name = format!("{}@{}", &binding.digest, binding.at_ms);
    plugins.bind(actor, name, plugin);
}

fn later_than(before: Option<&Binding>, now_ms: u64) -> u64 {
    before.map_or(now_ms, |before| now_ms.max(before.at_ms + 1))
}

fn wasm_key(digest: &str) -> String {
    format!("plugin/{digest}")
}

fn actor_id(name: &str) -> Option<ActorId> {
    let (actor_type, key) = name.split_once('/')?;
    ActorId::new(actor_type, key).ok()
}

fn admitted(trust: &Trust, binding: &Binding) -> Result<(), SignError> {
    // The signature is checked again: keys may have been taken off the list since.
    let digest = binding.digest.parse();
    let digest = digest.map_err(|_| SignError::Malformed("this is no digest".to_owned()))?;
    let (kept, by) = (binding.signature.as_ref(), binding.signed_by.as_deref());
    trust.admit(kept, by, digest, PLUGINS)
}

/// Brings a binding into force; tells why its actor does without it, if it does.
async fn bring(
    host: &WasmHost,
    store: &dyn FactStore,
    trust: &Trust,
    actor: &str,
    binding: &Binding,
) -> Result<Option<String>, StoreError> {
    let taken_up = match admitted(trust, binding) {
        Ok(()) => take_up(host, store, actor, binding).await?,
        Err(error) => Err(format!("its signature: {error}")),
    };
    Ok(taken_up.err().inspect(|why| {
        tracing::error!(
            actor,
            why,
            "a plugin cannot be loaded; its actor does without"
        );
    }))
}

async fn take_up(
    host: &WasmHost,
    store: &dyn FactStore,
    actor: &str,
    binding: &Binding,
) -> Result<Result<(), String>, StoreError> {
    let Some(id) = actor_id(actor) else {
        return Ok(Err("this is no actor's name".to_owned()));
    };
    let wasm = store.fact(&wasm_key(&binding.digest)).await?;
    // Nothing has a digest of its own, which is found to be another one below.
    let wasm = wasm.unwrap_or_default();
    let digest = ModuleDigest::of(&wasm);
    if digest.to_string() != binding.digest {
        return Ok(Err("what the store has is not what was bound".to_owned()));
    }
    let plugin = match host.plugins().loaded(digest) {
        Some(plugin) => plugin,
        None => match host.load_plugin(&wasm).await {
            Ok(plugin) => plugin,
            Err(error) => return Ok(Err(error.to_string())),
        },
    };
    in_force(host.plugins(), id, binding, plugin);
    Ok(Ok(()))
}

fn parsed(list: Option<&Bytes>) -> Result<BTreeMap<String, Binding>, StoreError> {
    let Some(list) = list else {
        return Ok(BTreeMap::new());
    };
    serde_json::from_slice(list).map_err(|error| StoreError::Corrupt {
        detail: format!("the list of plugins: {error}"),
    })
}

/// False, and nothing was written, if another silo has changed the list since it was `before`.
async fn write(
    store: &dyn FactStore,
    before: Option<&Bytes>,
    bindings: &BTreeMap<String, Binding>,
) -> Result<bool, StoreError> {
    let list = serde_json::to_vec(bindings).map_err(|error| StoreError::Corrupt {
        detail: format!("the list of plugins: {error}"),
    })?;
    let change = (LIST.to_owned(), Some(list.into()));
    store.change_facts_if(LIST, before, vec![change]).await
}
