//! Facts, and what can go wrong with them.

use async_trait::async_trait;
use bytes::Bytes;
use pizza_store::{FactChange, FactStore, StoreError};

use super::{Broken, Mistake};

#[async_trait]
impl FactStore for Broken {
    async fn fact(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        self.inner.fact(name).await
    }

    async fn several_facts(&self, names: &[String]) -> Result<Vec<Option<Bytes>>, StoreError> {
        let mut facts = self.inner.several_facts(names).await?;
        if self.does(Mistake::LeavesOutWhatIsMissing) {
            facts.retain(Option::is_some);
        }
        Ok(facts)
    }

    async fn change_facts(&self, changes: Vec<FactChange>) -> Result<(), StoreError> {
        self.inner.change_facts(changes).await
    }

    async fn change_facts_if(
        &self,
        name: &str,
        before: Option<&Bytes>,
        changes: Vec<FactChange>,
    ) -> Result<bool, StoreError> {
        if self.does(Mistake::IgnoresTheCondition) {
            return self.inner.change_facts(changes).await.map(|()| true);
        }
        self.inner.change_facts_if(name, before, changes).await
    }

    async fn facts(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError> {
        self.inner.facts(prefix, after, limit).await
    }
}
