//! Dead letters.

use std::ops::Bound;

use async_trait::async_trait;

use super::MemoryStore;
use crate::dead_letters::{DeadLetter, DeadLetterStore, StoredDeadLetter};
use crate::error::StoreError;

#[async_trait]
impl DeadLetterStore for MemoryStore {
    async fn add_dead_letter(&self, letter: DeadLetter) -> Result<u64, StoreError> {
        let mut tables = self.tables.lock();
        tables.letters_so_far += 1;
        let number = tables.letters_so_far;
        tables.dead_letters.insert(number, letter);
        Ok(number)
    }

    async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError> {
        let tables = self.tables.lock();
        let above = (Bound::Excluded(after), Bound::Unbounded);
        let letters = tables.dead_letters.range(above).take(limit);
        let stored = |(id, letter): (&u64, &DeadLetter)| StoredDeadLetter {
            id: *id,
            letter: letter.clone(),
        };
        Ok(letters.map(stored).collect())
    }

    async fn dead_letter(&self, id: u64) -> Result<Option<DeadLetter>, StoreError> {
        Ok(self.tables.lock().dead_letters.get(&id).cloned())
    }

    async fn remove_dead_letter(&self, id: u64) -> Result<bool, StoreError> {
        Ok(self.tables.lock().dead_letters.remove(&id).is_some())
    }
}
