//! Streams and cursors.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_store::{StoreError, StoredEvent, StreamStore};
use pizza_types::{ShardId, ShardSet};

use super::{EmbeddedStore, scan};
use crate::table::Table;
use crate::{key, read, row, stream_head};

#[async_trait]
impl StreamStore for EmbeddedStore {
    async fn events(
        &self,
        stream: &str,
        key: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        read::events(&self.view()?, &key::names(&[stream, key]), after, limit)
    }

    async fn stream_head(&self, stream: &str, key: &str) -> Result<u64, StoreError> {
        let key = key::names(&[stream, key]);
        stream_head::newest(&self.view()?, &key)
    }

    async fn stream_heads(
        &self,
        shards: &ShardSet,
        stream: &str,
    ) -> Result<Vec<(Arc<str>, u64)>, StoreError> {
        let (view, prefix) = (self.view()?, key::names(&[stream]));
        let mut heads = scan(move || read::stream_heads(&view, &prefix)).await?;
        heads.retain(|(key, _)| shards.contains(ShardId::of(stream, key)));
        Ok(heads)
    }

    async fn cursor(&self, subscriber: &str, stream: &str, key: &str) -> Result<u64, StoreError> {
        let key = key::names(&[subscriber, stream, key]);
        Ok(self.view()?.get(Table::Cursors, &key)?.unwrap_or(0))
    }

    async fn set_cursor(
        &self,
        subscriber: &str,
        stream: &str,
        key: &str,
        position: u64,
    ) -> Result<(), StoreError> {
        let key = key::names(&[subscriber, stream, key]);
        let rows = vec![(
            Table::Cursors,
            key.into(),
            Some(row::encode(&position).into()),
        )];
        self.write("move a cursor", rows, false).await
    }
}
