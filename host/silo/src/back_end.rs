//! Which store a silo has: the only file that names a back end, but for the certificates of one
//! ([`store_tls`](crate::store_tls)).

use std::path::Path;
use std::sync::Arc;

use pizza_store::{CellStore, MembershipStore, MemoryStore, Store, StoreError};
pub(crate) use pizza_store_embedded::OpenError;
pub use pizza_store_embedded::{BackupError, BackupSummary, verify as verify_backup};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_store_redis::{RedisStore, Tls};
use pizza_types::Durability;

use crate::cluster_config::{ClusterConfig, Rollback};
use crate::config::SiloConfig;
use crate::data_dir::{self, DataDirError};

/// Where the store is in the data directory.
const STORE: &str = "store";

/// Why a backup was not restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error(transparent)]
    Directory(#[from] DataDirError),
    #[error(transparent)]
    Backup(#[from] BackupError),
}

/// A store that other silos share.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) membership: Arc<dyn MembershipStore>,
    /// The same on a connection of its own, for heartbeats alone.
    pub(crate) heartbeats: Arc<dyn MembershipStore>,
    pub(crate) cells: Arc<dyn CellStore>,
    /// Ends this silo's use of it, and says why.
    pub(crate) stop: Box<dyn Fn(&str) + Send + Sync>,
}

/// Opens the store that the configuration asks for, or makes it.
///
/// # Errors
/// When the directory is no store, is in use, or lacks what was acknowledged.
pub(crate) fn open(config: &SiloConfig) -> Result<Arc<dyn Store>, OpenError> {
    if config.store.durability == Durability::Memory {
        return Ok(Arc::new(MemoryStore::new()));
    }
    let options = Options {
        durability: config.store.durability,
        cache_bytes: (config.store.cache_mib as u64) << 20,
        reserve_bytes: (config.store.reserve_mib as u64) << 20,
        free_bytes_min: (config.store.free_mib_min as u64) << 20,
        ..Options::default()
    };
    let store = EmbeddedStore::open(&config.data.join(STORE), options)?;
    Ok(Arc::new(store))
}

/// Makes the store of a data directory, which must not have one yet, of a backup; `progress` hears how many
/// bytes were read, twice from the beginning.
///
/// # Errors
/// When the backup is not whole, the data directory has a store, or it cannot be written.
pub fn restore_backup(
    file: &Path,
    data: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<BackupSummary, RestoreError> {
    data_dir::prepare(data)?;
    let options = Options::default();
    let restored = pizza_store_embedded::restore(file, &data.join(STORE), &options, progress);
    Ok(restored?)
}

/// Connects to the store that the silos of a cluster share.
///
/// # Errors
/// When nobody answers there, or its settings are such that it would lose what it was told.
pub(crate) async fn connect(
    config: &ClusterConfig,
    tls: Option<Tls>,
    silo: &SiloConfig,
) -> Result<Shared, StoreError> {
    let options = pizza_store_redis::Options {
        may_forget: silo.store.durability == Durability::Memory,
        rollback: match config.rollback {
            Rollback::Stop => pizza_store_redis::Rollback::Stop,
            Rollback::Accept => pizza_store_redis::Rollback::Accept,
        },
        replicas: config.replicas,
        told: Some(silo.data.join("store-counts")),
        tls,
        ..pizza_store_redis::Options::at(&config.store)
    };
    let store = Arc::new(RedisStore::connect(&options).await?);
    let stopping = Arc::clone(&store);
    Ok(Shared {
        membership: Arc::clone(&store) as Arc<_>,
        heartbeats: Arc::new(store.of_membership()),
        cells: Arc::clone(&store) as Arc<_>,
        store,
        stop: Box::new(move |reason| stopping.stop(reason)),
    })
}
