//! The store of tests and simulations: ordered maps behind one lock. Nothing in it
//! outlives the process, and that is what its acknowledgements say. Like a store in which each
//! stream lives by itself, it has events appended by the reader of its log.

mod actors;
mod cells;
mod dead_letters;
mod earlier;
mod expire;
mod facts;
mod inspection;
mod log;
mod membership;
mod reminders;
mod retire;
mod streams;
mod tables;

use async_trait::async_trait;
use parking_lot::Mutex;
use pizza_types::{Durability, ShardSet};

pub use self::earlier::Earlier;
use self::tables::Tables;
use crate::error::StoreError;
use crate::retention::Retention;
use crate::store::Store;

/// The store of tests and simulations. One lock over all of it: a commit takes microseconds,
/// and nothing waits while it is held.
#[derive(Debug, Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn durability(&self) -> Durability {
        Durability::Memory
    }

    async fn expire(
        &self,
        _shards: &ShardSet,
        now_ms: u64,
        events: &Retention,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let mut tables = self.tables.lock();
        Ok(tables.expire(now_ms, events, limit))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    async fn make() -> (Arc<dyn Store>, ()) {
        (Arc::new(MemoryStore::new()), ())
    }

    crate::contract_tests!(make);

    async fn make_membership() -> (Arc<dyn crate::MembershipStore>, ()) {
        (Arc::new(MemoryStore::new()), ())
    }

    crate::membership_tests!(make_membership);

    async fn make_cells() -> (crate::contract::cells::Cell, ()) {
        let store = Arc::new(MemoryStore::new());
        ((Arc::clone(&store) as Arc<_>, store), ())
    }

    crate::cells_tests!(make_cells);
}
