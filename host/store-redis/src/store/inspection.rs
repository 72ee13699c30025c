//! What there is of actors.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_store::{
    ActorRecord, HandledRow, Inspected, InspectionStore, Reminder, StoreError, StoredActor,
};
use pizza_types::{ActorId, EntryLimit, EntryMap, EntryRange, MessageId, ModuleDigest, SiloId};
use redis::{Cmd, Value};

use super::RedisStore;
use crate::key;
use crate::value::{Fields, array, corrupt, decode, pairs, text};

/// All of an actor, as its hash has it.
pub(super) struct Row {
    record: ActorRecord,
    pub(super) entries: BTreeMap<Arc<str>, Bytes>,
    reminders: BTreeMap<Arc<str>, Reminder>,
}

impl Row {
    /// Reads a hash; `None` for one without fields.
    pub(super) fn read(value: Value) -> Result<Option<Self>, StoreError> {
        let wrong = || corrupt("an actor");
        let fields = pairs(value);
        if fields.is_empty() {
            return Ok(None);
        }
        let mut record = ActorRecord {
            state: None,
            version: 0,
            epoch: 0,
            owner: SiloId("".into()),
            module: None,
            ended_ms: None,
        };
        let (mut entries, mut reminders) = (BTreeMap::new(), BTreeMap::new());
        for (field, row) in fields {
            let (kind, name) = field.split_first().ok_or_else(wrong)?;
            let name = || Ok(std::str::from_utf8(name).map_err(|_| wrong())?.into());
            let number = || {
                let text = std::str::from_utf8(&row).ok();
                text.and_then(|text| text.parse().ok()).ok_or_else(wrong)
            };
            match kind {
                b'p' => record.epoch = number()?,
                b'v' => record.version = number()?,
                b'd' => record.ended_ms = Some(number()?),
                b'o' => {
                    let owner = std::str::from_utf8(&row).map_err(|_| wrong())?;
                    record.owner = SiloId(owner.into());
                }
                b'm' => {
                    let digest = row.as_slice().try_into().map_err(|_| wrong())?;
                    record.module = Some(ModuleDigest(digest));
                }
                b's' => record.state = Some(decode(&row)?),
                b'e' => {
                    entries.insert(name()?, Bytes::from(row));
                }
                b'r' => {
                    reminders.insert(name()?, decode(&row)?);
                }
                _ => return Err(wrong()),
            }
        }
        Ok(Some(Self {
            record,
            entries,
            reminders,
        }))
    }

    /// The actor with as many entries as the limit says.
    pub(super) fn stored(self, limit: EntryLimit) -> StoredActor {
        let all: EntryMap = self.entries.into_iter().collect();
        let page = all.page(&EntryRange::with_prefix("", None), limit);
        StoredActor {
            record: self.record,
            entries: page.entries.into_iter().collect(),
            more: page.more,
            reminders: self.reminders,
        }
    }
}

impl RedisStore {
    async fn row(&self, actor: &ActorId) -> Result<Option<Row>, StoreError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(key::actor(actor));
        Row::read(self.ask(actor.shard(), command).await?)
    }
}

#[async_trait]
impl InspectionStore for RedisStore {
    async fn actors(
        &self,
        actor_type: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        let from = after.map_or("-".to_owned(), |after| format!("({after}"));
        let command = |shard| -> Cmd {
            let mut command = redis::cmd("ZRANGEBYLEX");
            command.arg(key::of_shard(shard, &format!("t:{actor_type}")));
            command.arg(&from).arg("+").arg("LIMIT").arg(0).arg(limit);
            command
        };
        let mut keys = Vec::new();
        for (_, found) in self.ask_all(command).await? {
            let found = array(found).into_iter().filter_map(text);
            keys.extend(found.map(Arc::from));
        }
        keys.sort_unstable();
        keys.truncate(limit);
        Ok(keys)
    }

    async fn record(&self, actor: &ActorId) -> Result<Option<ActorRecord>, StoreError> {
        Ok(self.row(actor).await?.map(|row| row.record))
    }

    async fn copy(&self, actor: &ActorId) -> Result<Option<StoredActor>, StoreError> {
        let everything = EntryLimit {
            entries: usize::MAX,
            bytes: usize::MAX,
        };
        let row = self.row(actor).await?;
        Ok(row.map(|row| row.stored(everything)))
    }

    async fn inspect(
        &self,
        actor: &ActorId,
        reminders_max: usize,
    ) -> Result<Option<Inspected>, StoreError> {
        let row = self.row(actor).await?;
        Ok(row.map(|row| Inspected {
            record: row.record,
            entries: row.entries.len(),
            reminders: row.reminders.into_iter().take(reminders_max).collect(),
        }))
    }

    async fn all_handled(
        &self,
        actor: &ActorId,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<Vec<HandledRow>, StoreError> {
        // The replies of all actors of the shard, of a whole day.
        let hash = key::of_shard(actor.shard(), "d");
        let prefix = format!("{actor}\0");
        let mut found = BTreeMap::new();
        for (name, reply) in self.fields_of(actor, &hash, &prefix).await? {
            let Some(id) = name.strip_prefix(prefix.as_bytes()) else {
                continue;
            };
            let id = message(id).ok_or_else(|| corrupt("the name of a reply"))?;
            if after.is_none_or(|after| id > after) {
                found.insert(id, reply);
            }
        }
        let first = found.into_iter().take(limit);
        first
            .map(|(id, reply)| {
                let reply = decode(&reply)?;
                Ok(HandledRow { id, reply })
            })
            .collect()
    }
}

/// How many fields a server looks at before it does something for somebody else.
const LOOKED_AT: usize = 1_000;

impl RedisStore {
    /// The fields of a large hash that begin with this, some of them perhaps twice. What comes or goes meanwhile may
    /// be among them or not.
    async fn fields_of(
        &self,
        actor: &ActorId,
        hash: &str,
        prefix: &str,
    ) -> Result<Fields, StoreError> {
        let (mut fields, mut cursor) = (Fields::new(), "0".to_owned());
        loop {
            let mut command = redis::cmd("HSCAN");
            command.arg(hash).arg(&cursor);
            command.arg("MATCH").arg(pattern(prefix));
            command.arg("COUNT").arg(LOOKED_AT);
            let mut said = array(self.ask(actor.shard(), command).await?).into_iter();
            let next = said.next().and_then(text);
            cursor = next.ok_or_else(|| corrupt("a look at a hash"))?;
            fields.extend(pairs(said.next().unwrap_or(Value::Nil)));
            if cursor == "0" {
                return Ok(fields);
            }
        }
    }
}

/// What matches all that begins with this, and nothing else.
fn pattern(prefix: &str) -> String {
    let mut pattern = String::with_capacity(prefix.len() + 1);
    for character in prefix.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('*');
    pattern
}

/// The id of a message, from its 32 hexadecimal digits.
fn message(digits: &[u8]) -> Option<MessageId> {
    let digits = std::str::from_utf8(digits).ok()?;
    let number = u128::from_str_radix(digits, 16).ok()?;
    Some(MessageId(number.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn what_stands_for_others_stands_for_itself() {
        assert_eq!(pattern("note/a\0"), "note/a\0*");
        assert_eq!(pattern(r"note/[a]*?\"), r"note/\[a\]\*\?\\*");
    }
}
