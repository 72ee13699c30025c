//! Named facts.

use async_trait::async_trait;
use bytes::Bytes;

use super::MemoryStore;
use crate::error::StoreError;
use crate::facts::{FactChange, FactStore};

#[async_trait]
impl FactStore for MemoryStore {
    async fn fact(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.tables.lock().facts.get(name).cloned())
    }

    async fn change_facts(&self, changes: Vec<FactChange>) -> Result<(), StoreError> {
        // One lock for all of them: nobody sees some of the changes without the others.
        let mut tables = self.tables.lock();
        for (name, value) in changes {
            match value {
                Some(value) => tables.facts.insert(name, value),
                None => tables.facts.remove(&name),
            };
        }
        Ok(())
    }

    async fn facts(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError> {
        let tables = self.tables.lock();
        let facts = tables.facts.range(prefix.to_owned()..);
        let facts = facts.take_while(|(name, _)| name.starts_with(prefix));
        let facts = facts.filter(|(name, _)| after.is_none_or(|after| name.as_str() > after));
        let copy = |(name, value): (&String, &Bytes)| (name.clone(), value.clone());
        Ok(facts.take(limit).map(copy).collect())
    }
}
