//! Named facts.

use async_trait::async_trait;
use bytes::Bytes;
use pizza_store::{FactChange, FactStore, StoreError};

use super::RedisStore;
use crate::key;
use crate::value::{array, bytes, text};

#[async_trait]
impl FactStore for RedisStore {
    async fn fact(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(key::meta("f")).arg(name);
        Ok(bytes(self.ask_meta(command).await?).map(Bytes::from))
    }

    async fn change_facts(&self, changes: Vec<FactChange>) -> Result<(), StoreError> {
        let mut command = redis::cmd("EVAL");
        // One step, so that all of them change or none.
        command.arg(
            "#!lua\nfor i = 1, #ARGV, 3 do\n  if ARGV[i + 1] == 's' then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])\n  else redis.call('HDEL', KEYS[1], ARGV[i]) end\nend\nreturn 1",
        );
        command.arg(1).arg(key::meta("f"));
        for (name, value) in &changes {
            command.arg(name);
            match value {
                Some(value) => command.arg("s").arg(&**value),
                None => command.arg("r").arg(""),
            };
        }
        self.ask_meta(command).await.map(drop)
    }

    async fn facts(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Bytes)>, StoreError> {
        // The names first: some facts are modules, of megabytes each.
        let mut command = redis::cmd("HKEYS");
        command.arg(key::meta("f"));
        let names = array(self.ask_meta(command).await?).into_iter();
        let mut names: Vec<String> = names.filter_map(text).collect();
        let is_behind = |name: &String| after.is_none_or(|after| name.as_str() > after);
        names.retain(|name| name.starts_with(prefix) && is_behind(name));
        names.sort_unstable();
        names.truncate(limit);
        let mut facts = Vec::with_capacity(names.len());
        for name in names {
            // It may be gone since.
            if let Some(value) = self.fact(&name).await? {
                facts.push((name, value));
            }
        }
        Ok(facts)
    }
}
