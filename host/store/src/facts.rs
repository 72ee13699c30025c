//! Named facts about the whole store: modules, plugins, generations.

use async_trait::async_trait;
use bytes::Bytes;

use crate::error::StoreError;

/// A named fact's new value, or its end.
pub type FactChange = (String, Option<Bytes>);

/// Keeping and reading facts.
#[async_trait]
pub trait FactStore: Send + Sync + 'static {
    /// A fact; `None` when there is none of that name.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn fact(&self, name: &str) -> Result<Option<Bytes>, StoreError>;

    /// Several facts, in the order of their names here: in one trip where each costs one.
    ///
    /// # Errors
    /// As [`FactStore::fact`].
    async fn several_facts(&self, names: &[String]) -> Result<Vec<Option<Bytes>>, StoreError> {
        let mut facts = Vec::with_capacity(names.len());
        for name in names {
            facts.push(self.fact(name).await?);
        }
        Ok(facts)
    }

    /// Sets facts, or removes those without a value: all of them or none. Durable when it
    /// returns. Of two changes of one name the later one stands.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn change_facts(&self, changes: Vec<FactChange>) -> Result<(), StoreError>;

    /// The same, if the fact `name` is still `before`, where `None` means that there is none; in one
    /// step. False, and nothing was changed, if it is not.
    ///
    /// # Errors
    /// As [`FactStore::change_facts`]; then it may have been done.
    async fn change_facts_if(
        &self,
        name: &str,
        before: Option<&Bytes>,
        changes: Vec<FactChange>,
    ) -> Result<bool, StoreError>;

    /// Sets one fact. Durable when it returns.
    ///
    /// # Errors
    /// As [`FactStore::change_facts`].
    async fn set_fact(&self, name: &str, value: Bytes) -> Result<(), StoreError> {
        // One way to write facts, so that a back end has one thing to get right.
        self.change_facts(vec![(name.to_owned(), Some(value))])
            .await
    }

    /// Removes one fact, if there is one. Durable when it returns.
    ///
    /// # Errors
    /// As [`FactStore::change_facts`].
    async fn remove_fact(&self, name: &str) -> Result<(), StoreError> {
        self.change_facts(vec![(name.to_owned(), None)]).await
    }

    /// Facts whose names start with `prefix`, in order of their names, after `after`.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn facts(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError>;
}
