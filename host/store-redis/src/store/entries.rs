//! All entries of an actor, as they were when they were asked for.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_store::entries::several;
use pizza_store::{EntryView, StoreError};
use pizza_types::{EntryLimit, EntryMap, EntryPage, EntryRange};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

use super::inspection::Row;
use crate::queues::Answer;
use crate::value::io;

pub(super) struct Whole {
    /// Under way since the view was taken, whether anybody reads it or not.
    reading: tokio::sync::Mutex<Option<JoinHandle<Answer>>>,
    read: OnceCell<EntryMap>,
}

impl Whole {
    pub(super) fn reading(
        answer: impl Future<Output = Answer> + Send + 'static,
    ) -> Arc<dyn EntryView> {
        Arc::new(Self {
            reading: tokio::sync::Mutex::new(Some(tokio::spawn(answer))),
            read: OnceCell::new(),
        })
    }

    async fn all(&self) -> Result<&EntryMap, StoreError> {
        let lost = || StoreError::Io {
            action: "reading entries",
            detail: "the reading failed before".to_owned(),
        };
        let read = || async {
            let reading = self.reading.lock().await.take().ok_or_else(lost)?;
            let answer = reading.await.map_err(|_| lost())?.map_err(io)?;
            let row = Row::read(answer)?;
            Ok(row
                .map(|row| row.entries.into_iter().collect())
                .unwrap_or_default())
        };
        self.read.get_or_try_init(read).await
    }
}

#[async_trait]
impl EntryView for Whole {
    async fn get(
        &self,
        names: &[Arc<str>],
        bytes_max: usize,
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        let all = self.all().await?;
        several(names, bytes_max, |name| {
            Ok(all.get(name).flatten().cloned())
        })
    }

    async fn range(&self, range: &EntryRange, limit: EntryLimit) -> Result<EntryPage, StoreError> {
        Ok(self.all().await?.page(range, limit))
    }
}
