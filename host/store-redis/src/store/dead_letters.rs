//! Dead letters, by their numbers.

use async_trait::async_trait;
use pizza_store::{DeadLetter, DeadLetterStore, StoreError, StoredDeadLetter};

use super::RedisStore;
use crate::key;
use crate::value::{bytes, corrupt, decode, encode, number, pairs};

#[async_trait]
impl DeadLetterStore for RedisStore {
    async fn add_dead_letter(&self, letter: DeadLetter) -> Result<u64, StoreError> {
        let mut command = redis::cmd("INCR");
        // A number whose letter is lost on the way is not given again.
        command.arg(key::meta("letters-so-far"));
        let id = number(self.ask_meta(command).await?);
        let id = id.ok_or_else(|| corrupt("the number of dead letters"))?;
        let mut command = redis::cmd("HSET");
        command
            .arg(key::meta("letters"))
            .arg(id)
            .arg(encode(&letter)?);
        self.ask_meta(command).await?;
        Ok(id)
    }

    async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(key::meta("letters"));
        let mut letters = Vec::new();
        for (id, row) in pairs(self.ask_meta(command).await?) {
            let id = number(redis::Value::BulkString(id));
            let id = id.ok_or_else(|| corrupt("the number of a dead letter"))?;
            if id > after {
                let letter = decode(&row)?;
                letters.push(StoredDeadLetter { id, letter });
            }
        }
        letters.sort_unstable_by_key(|letter| letter.id);
        letters.truncate(limit);
        Ok(letters)
    }

    async fn dead_letter(&self, id: u64) -> Result<Option<DeadLetter>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(key::meta("letters")).arg(id);
        let row = bytes(self.ask_meta(command).await?);
        row.map(|row| decode(&row)).transpose()
    }

    async fn remove_dead_letter(&self, id: u64) -> Result<bool, StoreError> {
        let mut command = redis::cmd("HDEL");
        command.arg(key::meta("letters")).arg(id);
        Ok(number(self.ask_meta(command).await?) == Some(1))
    }
}
