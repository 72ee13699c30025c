//! Opens the store, lets the modules serve, starts the silo.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use pizza_client::Client;
use pizza_cluster::Network;
use pizza_guest::{HostConfig, LoadError, WasmHost};
use pizza_http::Admission;
use pizza_modules::{Bundled, Modules, Refusal, ServingPort};
use pizza_runtime::{
    Catalog, Clock, Membership, Nobody, Parts, ProcessCpu, Silo, SystemClock, SystemEntropy,
};
use pizza_store::{FactStore, Store, StoreError};
use pizza_types::SiloId;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::about::About;
use crate::admin::{self, Admin, Tokens};
use crate::back_end::{self, OpenError, Shared};
use crate::cluster::{self, JoinError, Joined, Member};
use crate::config::SiloConfig;
use crate::data_dir::{self, DataDirError};
use crate::metrics::SiloMetrics;
use crate::peers::{Peers, SharedPlans};
use crate::plugins::Bindings;
use crate::rates::Rates;
use crate::serving::CatalogServing;
use crate::store_tls::{self, StoreTlsError};
use crate::transport::InProcess;

/// The silo's name; with its generation it is the silo's id.
const NAME: &str = "silo";

#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    #[error("the data directory cannot be used")]
    Open(#[from] OpenError),
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    #[error(transparent)]
    StoreTls(#[from] StoreTlsError),
    #[error(transparent)]
    Cluster(#[from] JoinError),
    #[error("the Wasm engine cannot start")]
    Engine(#[source] LoadError),
    #[error("what the silos of the cluster have decided cannot serve here")]
    Plans { source: Refusal },
    #[error("actor type {actor_type:?} cannot be served")]
    Serve { actor_type: String, source: Refusal },
}

impl AssembleError {
    /// Why the store has stopped, if that is what went wrong.
    #[must_use]
    pub fn store_stopped(&self) -> Option<&str> {
        let store = match self {
            Self::Store(error)
            | Self::Serve {
                source: Refusal::Store(error),
                ..
            } => error,
            _ => return None,
        };
        match store {
            StoreError::Poisoned { reason } => Some(reason),
            _ => None,
        }
    }
}

/// A silo with all that belongs to it, from start to drain.
pub struct RunningSilo {
    silo: Silo,
    /// `None` for a silo that is alone on its store.
    member: Option<Member>,
    store: Arc<dyn Store>,
    transport: Arc<InProcess>,
    plugins: Arc<Bindings>,
    modules: Modules,
    about: Arc<About>,
    rates: Arc<Rates>,
    /// What goes on until the silo drains.
    watching: JoinSet<()>,
}

impl RunningSilo {
    /// # Errors
    /// When the data directory, a module or the configuration is not usable; the error
    /// says which and why.
    pub async fn start(config: &SiloConfig, bundled: &[Bundled]) -> Result<Self, AssembleError> {
        data_dir::prepare(&config.data)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (store, shared) = opened(config).await?;
        let host = engine(config)?;
        // Modules and silo need each other: the port stands between them, and gets the silo last.
        let port = Arc::new(CatalogServing {
            name: name(config),
            catalog: Arc::new(Catalog::default()),
            clock: Arc::clone(&clock),
            config: config.clone(),
            silo: OnceLock::new(),
        });
        let settings = config.modules.settings();
        let (trust, of_modules) = (settings.trust.clone(), Arc::clone(&store));
        let modules = Modules::new(Arc::clone(&host), of_modules, port.clone(), settings);
        // Before the silo: a message that waits in the store must find its module.
        let started = modules.start(bundled).await;
        started.map_err(|(actor_type, source)| AssembleError::Serve { actor_type, source })?;
        tell_of_unknown(config, &port.types());
        // Before the first turn: no actor acts without the plugin that it has.
        let plugins = Bindings::resume(host, Arc::clone(&store) as Arc<_>, trust);
        let plugins = Arc::new(plugins.await?);
        // Last: it is a member from here on, though one without actors.
        let joined = match (&config.cluster, shared) {
            (Some(cluster), Some(shared)) => Some(cluster::join_at(cluster, shared, &clock).await?),
            _ => None,
        };
        if joined.is_some() {
            // What was decided since the start of the modules was not told to this silo.
            let read = modules.read_all_again().await;
            read.map_err(|source| AssembleError::Plans { source })?;
            let plans = Arc::new(SharedPlans(modules.clone()));
            port.catalog.decided_by(plans);
        }
        let (membership, network) = placed(joined.as_ref(), &*store).await?;
        let about = about(config, &membership, clock.wall_ms(), &*store);
        let rates = Arc::new(Rates::new(Arc::clone(&port.catalog), Arc::clone(&clock)));
        let silo = Silo::start(Parts {
            membership,
            network,
            cells: joined.as_ref().and_then(|joined| joined.cells.clone()),
            store: Arc::clone(&store),
            archive: config.archive(),
            catalog: Arc::clone(&port.catalog),
            clock,
            cpu: Arc::new(ProcessCpu::default()),
            entropy: Arc::new(SystemEntropy),
            settings: config.settings(),
        })
        .await?;
        // It fails only when it is set already, and nothing else sets it.
        let _ = port.silo.set(silo.clone());
        let transport = Arc::new(InProcess::new(silo.clone(), Arc::clone(&store)));
        let mut watching = JoinSet::new();
        watching.spawn(modules.clone().watch());
        watching.spawn(Arc::clone(&rates).keep_reading());
        if joined.is_some() {
            watching.spawn(Arc::clone(&plugins).follow());
        }
        Ok(Self {
            member: serving(joined, &silo, &modules).await?,
            silo,
            store,
            transport,
            plugins,
            watching,
            modules,
            about,
            rates,
        })
    }

    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(Arc::clone(&self.transport) as Arc<dyn pizza_client::Transport>)
    }

    /// The admin API, for operators and edges that have a token.
    pub fn admin(&self, tokens: Tokens, admission: Admission) -> axum::Router {
        let admin = Admin {
            silo: self.silo.clone(),
            store: Arc::clone(&self.store),
            cluster: self.member.as_ref().map(Member::store),
            client: self.client(),
            modules: self.modules.clone(),
            plugins: Arc::clone(&self.plugins),
            about: Arc::clone(&self.about),
            rates: Arc::clone(&self.rates),
            uses: Arc::default(),
            long_reads: Arc::new(Semaphore::new(1)),
            backups: Arc::new(Semaphore::new(1)),
            closing: self.transport.closing(),
        };
        admin::router(admin, tokens, admission)
    }

    #[must_use]
    pub fn metrics(&self) -> SiloMetrics {
        SiloMetrics::of(self.silo.clone(), Arc::clone(&self.store))
    }

    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Makes the silo say, from now on, that it is about to go; it works as before.
    pub fn begin_to_stop(&self) {
        self.transport.close();
    }

    /// Is given no more actors, and named to no edge any more, where others can take them.
    pub async fn cordon(&self) {
        if let Some(member) = &self.member {
            member.cordon().await;
        }
    }

    /// Finishes what is being done, then lets the store go.
    pub async fn drain(mut self) {
        // It would roll back modules for failures that only the end brings about.
        self.watching.abort_all();
        self.transport.close();
        self.cordon().await;
        self.silo.drain().await;
        if let Some(member) = self.member {
            member.leave().await;
        }
    }
}

/// A type may be configured before its first module is pushed; or misspelt.
fn tell_of_unknown(config: &SiloConfig, types: &[String]) {
    let named = config.types.keys().chain(config.placement.keys());
    for unknown in named.filter(|name| !types.contains(name)) {
        tracing::warn!(
            actor_type = unknown,
            ?types,
            "the configuration names an actor type that no module serves yet"
        );
    }
}

/// The silo's name, which stays over restarts.
fn name(config: &SiloConfig) -> String {
    let cluster = config.cluster.as_ref();
    cluster.map_or_else(|| NAME.to_owned(), |cluster| cluster.name.clone())
}

/// The silo's store: its own, or the one of its cluster.
async fn opened(config: &SiloConfig) -> Result<(Arc<dyn Store>, Option<Shared>), AssembleError> {
    let Some(cluster) = &config.cluster else {
        return Ok((back_end::open(config)?, None));
    };
    let tls = store_tls::read(cluster)?;
    let shared = back_end::connect(cluster, tls, config).await?;
    Ok((Arc::clone(&shared.store), Some(shared)))
}

/// A member of its cluster that serves the others, if it is to be one.
async fn serving(
    joined: Option<Joined>,
    silo: &Silo,
    modules: &Modules,
) -> Result<Option<Member>, JoinError> {
    let Some(joined) = joined else {
        return Ok(None);
    };
    let (silo, modules) = (silo.clone(), modules.clone());
    let member = joined.serve(Arc::new(Peers { silo, modules })).await?;
    Ok(Some(member))
}

/// What the silo says of itself from now on.
fn about(
    config: &SiloConfig,
    membership: &Membership,
    now_ms: u64,
    store: &dyn Store,
) -> Arc<About> {
    let id = membership.me().to_string();
    let is_shared = config.cluster.is_some();
    Arc::new(About::new(name(config), id, now_ms, is_shared, store))
}

/// Who the silo is, and how it reaches the others.
async fn placed(
    joined: Option<&Joined>,
    store: &dyn Store,
) -> Result<(Arc<Membership>, Arc<dyn Network>), StoreError> {
    if let Some(joined) = joined {
        let network = Arc::clone(&joined.network);
        return Ok((Arc::clone(&joined.membership), network));
    }
    let silo_id = silo_id(store).await?;
    Ok((Arc::new(Membership::alone(&silo_id)), Arc::new(Nobody)))
}

fn engine(config: &SiloConfig) -> Result<Arc<WasmHost>, AssembleError> {
    let cache_dir = config.modules.cache_dir.clone();
    let host = WasmHost::new(HostConfig {
        cache_dir: Some(cache_dir.unwrap_or_else(|| config.data.join("modules"))),
        instances_max: config.instances_max,
        compiling: config.modules.compiling(),
        component: config.modules.component(),
        ..HostConfig::default()
    });
    Ok(Arc::new(host.map_err(AssembleError::Engine)?))
}

/// Makes the id of this start. Each is a new generation: ids of silos that have ended never
/// return.
async fn silo_id(store: &dyn FactStore) -> Result<SiloId, StoreError> {
    const GENERATION: &str = "silo-generation";
    let before = store.fact(GENERATION).await?;
    let before = before.and_then(|bytes| Some(u64::from_le_bytes(bytes.as_ref().try_into().ok()?)));
    let generation = before.unwrap_or(0) + 1;
    let bytes = Bytes::copy_from_slice(&generation.to_le_bytes());
    // Durable before the id is used for the first time.
    store.set_fact(GENERATION, bytes).await?;
    Ok(SiloId::of(NAME, generation))
}
