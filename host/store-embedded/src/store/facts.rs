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
        let _one = self.facts.lock().await;
        self.note(changes).await
    }

    async fn change_facts_if(
        &self,
        name: &str,
        before: Option<&Bytes>,
        changes: Vec<FactChange>,
    ) -> Result<bool, StoreError> {
        // Nobody else writes facts, and whoever does in this process waits.
        let _one = self.facts.lock().await;
        if self.fact(name).await?.as_ref() != before {
            return Ok(false);
        }
        self.note(changes).await.map(|()| true)
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

impl EmbeddedStore {
    async fn note(&self, changes: Vec<FactChange>) -> Result<(), StoreError> {
        let rows = changes.into_iter().map(|(name, value)| {
            let value = value.map(|value| row::encode(&value).into());
            (Table::Facts, key::names(&[&name]).into(), value)
        });
        self.write("note facts", rows.collect(), true).await
    }
}
