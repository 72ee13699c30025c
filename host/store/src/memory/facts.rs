//! Named facts.

use async_trait::async_trait;
use bytes::Bytes;

use super::MemoryStore;
use super::tables::Tables;
use crate::error::StoreError;
use crate::facts::{FactChange, FactStore};

#[async_trait]
impl FactStore for MemoryStore {
    async fn fact(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        Ok(self.tables.lock().facts.get(name).cloned())
    }

    async fn change_facts(&self, changes: Vec<FactChange>) -> Result<(), StoreError> {
        self.tables.lock().change_facts(changes);
        Ok(())
    }

    async fn change_facts_if(
        &self,
        name: &str,
        before: Option<&Bytes>,
        changes: Vec<FactChange>,
    ) -> Result<bool, StoreError> {
        let mut tables = self.tables.lock();
        let is_it = tables.facts.get(name) == before;
        if is_it {
            tables.change_facts(changes);
        }
        Ok(is_it)
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

impl Tables {
    /// Under one lock for all of them: nobody sees some of the changes without the others.
    fn change_facts(&mut self, changes: Vec<FactChange>) {
        for (name, value) in changes {
            match value {
                Some(value) => self.facts.insert(name, value),
                None => self.facts.remove(&name),
            };
        }
    }
}
