//! The view of the cluster, and heartbeats.

use async_trait::async_trait;
use pizza_store::{Heartbeats, MembershipStore, StoreError, View};
use pizza_types::SiloId;
use redis::Value;

use super::{RedisStore, call};
use crate::key;
use crate::value::{array, bytes, corrupt, decode, encode, number, pairs};

fn keys() -> [String; 2] {
    [key::meta("view"), key::meta("heartbeats")]
}

#[async_trait]
impl MembershipStore for RedisStore {
    async fn heartbeat(&self, silo: &SiloId) -> Result<Heartbeats, StoreError> {
        let mut command = call(&self.scripts.heartbeat, &keys());
        command.arg(&*silo.0);
        let wrong = || corrupt("an answer to a heartbeat");
        let mut said = array(self.ask_of_membership(command).await?).into_iter();
        let view_version = said.next().and_then(number).ok_or_else(wrong)?;
        let mut heartbeats = Heartbeats {
            view_version,
            ..Heartbeats::default()
        };
        for (silo, count) in pairs(said.next().unwrap_or(Value::Nil)) {
            let silo = String::from_utf8(silo).map_err(|_| wrong())?;
            let count = number(Value::BulkString(count)).ok_or_else(wrong)?;
            heartbeats.counts.insert(SiloId(silo.into()), count);
        }
        Ok(heartbeats)
    }

    async fn view(&self) -> Result<View, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(key::meta("view")).arg("view");
        match bytes(self.ask_of_membership(command).await?) {
            Some(row) => decode(&row),
            None => Ok(View::default()),
        }
    }

    async fn change_view(&self, from: u64, to: &View) -> Result<bool, StoreError> {
        let mut command = call(&self.scripts.change_view, &keys());
        command.arg(from).arg(to.version).arg(encode(to)?);
        for silo in to.members.keys() {
            command.arg(&*silo.0);
        }
        Ok(number(self.ask_of_membership(command).await?) == Some(1))
    }

    async fn accept_loss(&self) -> Result<(), StoreError> {
        let command = |shard| self.rollbacks.command(shard, None);
        self.ask_all(command).await.map(drop)
    }
}
