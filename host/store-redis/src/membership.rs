//! The view of the cluster, and heartbeats.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use pizza_store::{Heartbeats, MembershipStore, StoreError, View};
use pizza_types::{ShardSet, SiloId};
use redis::{Cmd, Value};

use crate::key;
use crate::lane::Lane;
use crate::replicas::Replicas;
use crate::rollback::Rollbacks;
use crate::script::{Scripts, call};
use crate::tag::Tag;
use crate::topology::Topology;
use crate::value::{array, bytes, corrupt, decode, encode, io, number, pairs};

fn keys() -> [String; 2] {
    [key::meta("view"), key::meta("heartbeats")]
}

/// The view of a cluster, and its heartbeats, past all that waits for shards.
pub struct RedisMembership {
    lane: Lane,
    scripts: Arc<Scripts>,
    rollbacks: Arc<Rollbacks>,
}

impl RedisMembership {
    pub(crate) fn begin(
        topology: &Arc<Topology>,
        scripts: &Arc<Scripts>,
        rollbacks: &Arc<Rollbacks>,
    ) -> Self {
        Self {
            // What a failover forgets of it is written back by silos that know it.
            lane: Lane::begin(Arc::clone(topology), Arc::clone(scripts), Replicas(0)),
            scripts: Arc::clone(scripts),
            rollbacks: Arc::clone(rollbacks),
        }
    }

    async fn ask(&self, command: Cmd) -> Result<Value, StoreError> {
        self.lane.ask(Tag::META, command).await.map_err(io)
    }
}

#[async_trait]
impl MembershipStore for RedisMembership {
    async fn heartbeat(&self, silo: &SiloId) -> Result<Heartbeats, StoreError> {
        let mut command = call(&self.scripts.heartbeat, &keys());
        command.arg(&*silo.0);
        let wrong = || corrupt("an answer to a heartbeat");
        let mut said = array(self.ask(command).await?).into_iter();
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
        // Seconds, and the microseconds beside them.
        let seconds = said.next().and_then(number).ok_or_else(wrong)?;
        let micros = said.next().and_then(number).ok_or_else(wrong)?;
        heartbeats.store_ms = Some(seconds * 1_000 + micros / 1_000);
        Ok(heartbeats)
    }

    async fn view(&self) -> Result<View, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(key::meta("view")).arg("view");
        match bytes(self.ask(command).await?) {
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
        Ok(number(self.ask(command).await?) == Some(1))
    }

    async fn accept_loss(&self) -> Result<(), StoreError> {
        let Rollbacks { lanes, .. } = &*self.rollbacks;
        let accepted = ShardSet::ALL.iter().map(|shard| {
            let command = self.rollbacks.command(shard, None);
            lanes.ask(Tag::from(shard), command)
        });
        try_join_all(accepted).await.map_err(io).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use pizza_store::{Labels, Member, MemberState};
    use serde::{Deserialize, Serialize};

    use super::*;

    /// The view as silos wrote and read it that had no labels.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Older {
        version: u64,
        generation: u64,
        members: BTreeMap<SiloId, OlderMember>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct OlderMember {
        address: Arc<str>,
        edges: Option<Arc<str>>,
        state: MemberState,
    }

    #[test]
    fn silos_with_labels_and_silos_of_before_read_each_others_views() {
        let id = || SiloId("a.1".into());
        let older = Older {
            version: 3,
            generation: 1,
            members: BTreeMap::from([(
                id(),
                OlderMember {
                    address: "one:7000".into(),
                    edges: None,
                    state: MemberState::Leaving,
                },
            )]),
        };
        let written = encode(&older).expect("written");
        let mut read: View = decode(&written).expect("read");
        let member = |labels: Labels| Member {
            address: "one:7000".into(),
            edges: None,
            state: MemberState::Leaving,
            labels,
        };
        assert_eq!(read.members[&id()], member(Labels::new()));
        assert_eq!(encode(&read).expect("written"), written, "the same row");
        read.members.insert(id(), member(["disk".into()].into()));
        let labelled = encode(&read).expect("written");
        assert_eq!(decode::<View>(&labelled).expect("read"), read);
        assert_eq!(decode::<Older>(&labelled).expect("read"), older);
    }
}
