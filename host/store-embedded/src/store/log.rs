//! The log. Events are in their streams when their commit is: all commits stand in one log, which
//! gives the positions, and what is left to be read are the messages.

use async_trait::async_trait;
use pizza_store::{LogEntry, LogKey, LogStore, StoreError};
use pizza_types::{ShardId, ShardSet};

use super::{EmbeddedStore, scan};
use crate::table::Table;
use crate::{key, read};

#[async_trait]
impl LogStore for EmbeddedStore {
    fn relays(&self) -> bool {
        false
    }

    async fn log_shards(&self, of: &ShardSet) -> Result<Vec<ShardId>, StoreError> {
        let (view, of) = (self.view()?, *of);
        scan(move || read::log_shards(&view, &of)).await
    }

    async fn log(
        &self,
        shard: ShardId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<LogEntry>, StoreError> {
        read::log(&self.view()?, shard, after, limit)
    }

    async fn relay(&self, _: &[LogEntry]) -> Result<(), StoreError> {
        self.poison.check()
    }

    async fn log_done(&self, keys: Vec<LogKey>) -> Result<(), StoreError> {
        let row = |of: &LogKey| (Table::Log, key::log(of.shard, of.number).into(), None);
        let rows = keys.iter().map(row).collect();
        self.write("forget what has arrived", rows, false).await
    }
}
