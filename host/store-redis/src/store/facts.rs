//! Named facts.

use async_trait::async_trait;
use bytes::Bytes;
use pizza_store::{FactChange, FactStore, StoreError};

use super::RedisStore;
use crate::key;
use crate::script::call;
use crate::value::{array, bytes, number, text};

#[async_trait]
impl FactStore for RedisStore {
    async fn fact(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(key::meta("f")).arg(name);
        Ok(bytes(self.ask_meta(command).await?).map(Bytes::from))
    }

    async fn several_facts(&self, names: &[String]) -> Result<Vec<Option<Bytes>>, StoreError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = redis::cmd("HMGET");
        command.arg(key::meta("f")).arg(names);
        let values = array(self.ask_meta(command).await?).into_iter();
        Ok(values.map(|value| bytes(value).map(Bytes::from)).collect())
    }

    async fn change_facts(&self, changes: Vec<FactChange>) -> Result<(), StoreError> {
        let mut command = call(&self.scripts.change_facts, &[key::meta("f")]);
        command.arg("a").arg("").arg("");
        add(&mut command, &changes);
        self.ask_meta(command).await.map(drop)
    }

    async fn change_facts_if(
        &self,
        name: &str,
        before: Option<&Bytes>,
        changes: Vec<FactChange>,
    ) -> Result<bool, StoreError> {
        let mut command = call(&self.scripts.change_facts, &[key::meta("f")]);
        match before {
            Some(before) => command.arg("i").arg(name).arg(&**before),
            None => command.arg("n").arg(name).arg(""),
        };
        add(&mut command, &changes);
        Ok(number(self.ask_meta(command).await?) == Some(1))
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

fn add(command: &mut redis::Cmd, changes: &[FactChange]) {
    for (name, value) in changes {
        command.arg(name);
        match value {
            Some(value) => command.arg("s").arg(&**value),
            None => command.arg("r").arg(""),
        };
    }
}
