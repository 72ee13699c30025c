//! Which store a silo has: the only file that names a back end.

use std::sync::Arc;

use pizza_store::{MemoryStore, Store};
pub(crate) use pizza_store_embedded::OpenError;
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::Durability;

use crate::config::SiloConfig;

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
    let store = EmbeddedStore::open(&config.data.join("store"), options)?;
    Ok(Arc::new(store))
}
