//! Opening, committing, and what was handled.

use std::sync::Arc;

use async_trait::async_trait;
use pizza_store::entries::OPENED;
use pizza_store::{
    ActorStore, Commit, CommitTicket, EntryView, Members, Opened, StoreError, StoredReply,
};
use pizza_types::{ActorId, MessageId, SiloId};
use redis::Value;

use super::entries::Whole;
use super::inspection::Row;
use super::{RedisStore, call};
use crate::key;
use crate::told::behind;
use crate::value::{array, bytes, corrupt, decode, io, number, text};

#[async_trait]
impl ActorStore for RedisStore {
    async fn open(
        &self,
        actor: &ActorId,
        by: &SiloId,
        members: &Members,
    ) -> Result<Opened, StoreError> {
        let keys = [
            key::actor(actor),
            key::of_shard(actor.shard(), "c"),
            key::of_shard(actor.shard(), "x"),
        ];
        let mut command = call(&self.scripts.open, &keys);
        command
            .arg(actor.to_string())
            .arg(&*by.0)
            .arg(members.generation)
            .arg(self.told.of(actor.shard()));
        let released = members.released.as_ref();
        command
            .arg(released.map_or("", |(silo, _)| &silo.0))
            .arg(released.map_or(0, |(_, epoch)| *epoch));
        for silo in &members.live {
            command.arg(&*silo.0);
        }
        let wrong = || corrupt("an answer to an opening");
        let ask = || async {
            let answer = self.ask(actor.shard(), command.clone()).await?;
            let mut said = array(answer).into_iter();
            let what = said.next().and_then(text).ok_or_else(wrong)?;
            Ok::<_, StoreError>((what, said))
        };
        let (mut what, mut said) = ask().await?;
        if what == "behind" && self.rollbacks.goes_on(actor.shard()).await.map_err(io)? {
            (what, said) = ask().await?;
        }
        let more = said.next().unwrap_or(Value::Nil);
        match what.as_str() {
            "behind" => Err(StoreError::Io {
                action: "opening an actor",
                detail: behind(actor.shard()),
            }),
            "absent" => Ok(Opened::Absent {
                epoch: number(more).ok_or_else(wrong)?,
            }),
            "retired" => Ok(Opened::Retired {
                at_ms: number(more).ok_or_else(wrong)?,
            }),
            "moved" => {
                let owner = SiloId(text(more).ok_or_else(wrong)?.into());
                let epoch = said.next().and_then(number).ok_or_else(wrong)?;
                Ok(Opened::Moved { owner, epoch })
            }
            _ => {
                let row = Row::read(more)?.ok_or_else(wrong)?;
                Ok(Opened::Opened(Box::new(row.stored(OPENED))))
            }
        }
    }

    fn entries(&self, actor: &ActorId) -> Result<Arc<dyn EntryView>, StoreError> {
        // Queued now, behind the commits before and in front of those to come: so it is a view of
        // this moment, whenever it is read.
        let mut command = redis::cmd("HGETALL");
        command.arg(key::actor(actor));
        Ok(Whole::reading(self.queue(actor.shard(), command)))
    }

    fn commit(&self, commit: Arc<Commit>) -> CommitTicket {
        self.commit_by_script(&commit)
    }

    async fn handled(
        &self,
        actor: &ActorId,
        id: MessageId,
    ) -> Result<Option<StoredReply>, StoreError> {
        let mut command = redis::cmd("HGET");
        command.arg(key::of_shard(actor.shard(), "d"));
        command.arg(format!("{actor}\0{id}"));
        let row = bytes(self.ask(actor.shard(), command).await?);
        row.map(|row| decode(&row)).transpose()
    }
}
