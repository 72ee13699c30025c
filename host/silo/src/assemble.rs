//! Opens the store, loads the modules, checks them against each other, starts the silo.

use std::sync::Arc;

use bytes::Bytes;
use pizza_client::Client;
use pizza_guest::{HostConfig, LoadError, Module, WasmHost};
use pizza_runtime::{Catalog, Parts, Silo, SystemClock, SystemEntropy};
use pizza_store::{Store, StoreError};
use pizza_store_embedded::{EmbeddedStore, OpenError, Options};
use pizza_types::{Durability, SiloId};

use crate::admin::{self, Token};
use crate::config::SiloConfig;
use crate::gauges::Gauges;
use crate::plugins::Bindings;
use crate::transport::InProcess;

/// A module that comes with the program.
#[derive(Debug, Clone, Copy)]
pub struct BundledModule {
    pub actor_type: &'static str,
    pub wasm: &'static [u8],
}

#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    #[error("the data directory cannot be used")]
    Open(#[from] OpenError),
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    #[error("the Wasm engine cannot start")]
    Engine(#[source] LoadError),
    #[error("the module of actor type {actor_type:?} cannot be loaded")]
    Load {
        actor_type: String,
        source: LoadError,
    },
    #[error("the module of actor type {actor_type:?} does not fit those it calls: {detail}")]
    Mismatch { actor_type: String, detail: String },
    #[error("the configuration names actor type {0:?}, but no such module is loaded")]
    UnknownType(String),
}

pub struct RunningSilo {
    silo: Silo,
    store: Arc<dyn Store>,
    transport: Arc<InProcess>,
    // The engine's ticker ends with its host, which is in here.
    plugins: Arc<Bindings>,
}

impl RunningSilo {
    /// # Errors
    /// When the data directory, a module or the configuration is not usable; the error
    /// says which and why.
    pub async fn start(
        config: &SiloConfig,
        modules: &[BundledModule],
    ) -> Result<Self, AssembleError> {
        let store = open_store(config)?;
        let host = Arc::new(
            WasmHost::new(HostConfig {
                cache_dir: Some(config.data.join("modules")),
                instances_max: config.instances_max,
                ..HostConfig::default()
            })
            .map_err(AssembleError::Engine)?,
        );
        let catalog = Arc::new(load_all(&host, config, modules).await?);
        // Before the first turn: no order is cooked without its kitchen's plugin.
        let plugins = Bindings::resume(host, Arc::clone(&store)).await?;
        let clock = Arc::new(SystemClock::default());
        let silo_id = silo_id(&*store).await?;
        let silo = Silo::start(Parts {
            silo: silo_id,
            store: Arc::clone(&store),
            catalog,
            clock,
            entropy: Arc::new(SystemEntropy),
            settings: config.settings(),
        })
        .await?;
        let transport = Arc::new(InProcess::new(silo.clone()));
        Ok(Self {
            silo,
            store,
            transport,
            plugins: Arc::new(plugins),
        })
    }

    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(Arc::clone(&self.transport) as Arc<dyn pizza_client::Transport>)
    }

    /// The admin API, for whoever has the token.
    pub fn admin(&self, token: Token) -> axum::Router {
        let plugins = Arc::clone(&self.plugins);
        admin::router(self.silo.clone(), self.client(), plugins, token)
    }

    #[must_use]
    pub fn gauges(&self) -> Gauges {
        Gauges::of(self.silo.clone())
    }

    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Finishes what is being done, then lets the store go.
    pub async fn drain(self) {
        self.transport.close();
        self.silo.drain().await;
    }
}

fn open_store(config: &SiloConfig) -> Result<Arc<dyn Store>, AssembleError> {
    if config.store.durability == Durability::Memory {
        return Ok(Arc::new(pizza_store::MemoryStore::default()));
    }
    let options = Options {
        durability: config.store.durability,
        cache_bytes: (config.store.cache_mib as u64) << 20,
        ..Options::default()
    };
    let store = EmbeddedStore::open(&config.data.join("store"), options)?;
    Ok(Arc::new(store))
}

async fn load_all(
    host: &WasmHost,
    config: &SiloConfig,
    modules: &[BundledModule],
) -> Result<Catalog, AssembleError> {
    let known = |name: &&String| modules.iter().any(|m| m.actor_type == name.as_str());
    if let Some(unknown) = config.types.keys().find(|name| !known(name)) {
        return Err(AssembleError::UnknownType(unknown.clone()));
    }
    let loads = modules.iter().map(|module| async move {
        let type_config = config
            .types
            .get(module.actor_type)
            .cloned()
            .unwrap_or_default();
        let settings = type_config.type_settings();
        let loaded = host.load(module.actor_type, module.wasm, settings).await;
        match loaded {
            Ok(loaded) => Ok((loaded, type_config.policy())),
            Err(source) => Err(AssembleError::Load {
                actor_type: module.actor_type.to_owned(),
                source,
            }),
        }
    });
    let catalog = Catalog::default();
    for (module, policy) in futures_util::future::try_join_all(loads).await? {
        catalog.set(module, policy);
    }
    check_against_each_other(&catalog)?;
    Ok(catalog)
}

/// Every client that a module imports must fit what its target exports now.
fn check_against_each_other(catalog: &Catalog) -> Result<(), AssembleError> {
    let find =
        |name: &str| -> Option<Arc<Module>> { Some(Arc::clone(&catalog.find(name)?.module)) };
    for name in catalog.names() {
        let Some(module) = find(&name) else { continue };
        if let Err(mismatches) = module.check_clients(&find) {
            let lines: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
            return Err(AssembleError::Mismatch {
                actor_type: name,
                detail: lines.join("; "),
            });
        }
    }
    Ok(())
}

/// Each start of a silo is a new generation: ids of silos that have ended never return.
async fn silo_id(store: &dyn Store) -> Result<SiloId, StoreError> {
    const GENERATION: &str = "silo-generation";
    let before = store.meta(GENERATION).await?;
    let before = before.and_then(|bytes| Some(u64::from_le_bytes(bytes.as_ref().try_into().ok()?)));
    let generation = before.unwrap_or(0) + 1;
    let bytes = Bytes::copy_from_slice(&generation.to_le_bytes());
    store.set_meta(GENERATION, bytes).await?;
    Ok(SiloId(format!("silo.{generation}").into()))
}
