//! Named facts.

use async_trait::async_trait;
use bytes::Bytes;
use pizza_store::{FactChange, FactStore, StoreError};

use super::{EmbeddedStore, scan};
use crate::table::Table;
use crate::{key, read, row};

#[async_trait]
impl FactStore for EmbeddedStore {
    async fn fact(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        self.view()?.get(Table::Facts, &key::names(&[name]))
    }

    async fn change_facts(&self, changes: Vec<FactChange>) -> Result<(), StoreError> {
        let rows = changes.into_iter().map(|(name, value)| {
            let value = value.map(|value| row::encode(&value).into());
            (Table::Facts, key::names(&[&name]).into(), value)
        });
        self.write("note facts", rows.collect(), true).await
    }

    async fn facts(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError> {
        let view = self.view()?;
        let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
        scan(move || read::facts(&view, &prefix, after.as_deref(), limit)).await
    }
}
