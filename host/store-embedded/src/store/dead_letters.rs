//! Dead letters.

use async_trait::async_trait;
use pizza_store::{DeadLetter, DeadLetterStore, StoreError, StoredDeadLetter};

use super::{EmbeddedStore, scan, written};
use crate::reserve::Need;
use crate::table::Table;
use crate::{key, read, row};

#[async_trait]
impl DeadLetterStore for EmbeddedStore {
    async fn add_dead_letter(&self, letter: DeadLetter) -> Result<u64, StoreError> {
        let letter = row::encode(&letter);
        self.admit(Need::Room)?;
        written(self.committer.add_dead_letter(letter)?).await
    }

    async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError> {
        let view = self.view()?;
        scan(move || read::dead_letters(&view, after, limit)).await
    }

    async fn dead_letter(&self, id: u64) -> Result<Option<DeadLetter>, StoreError> {
        self.view()?.get(Table::DeadLetters, &key::dead_letter(id))
    }

    async fn remove_dead_letter(&self, id: u64) -> Result<bool, StoreError> {
        // Two that remove the same one may both be told that it was there: nothing depends on it.
        if self.dead_letter(id).await?.is_none() {
            return Ok(false);
        }
        let rows = vec![(Table::DeadLetters, key::dead_letter(id).into(), None)];
        self.write("forget a dead letter", rows, true).await?;
        Ok(true)
    }
}
