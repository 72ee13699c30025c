//! Values: a byte that names the format, then postcard.

use bytes::Bytes;
use pizza_store::apply::Head;
use pizza_store::{Reminder, StoreError, StoredReply};
use pizza_types::{ActorId, Envelope, MissedPolicy, ModuleDigest, SiloId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::table::Table;

/// The format of every other row.
const FORMAT: u8 = 1;
/// The format of a reminder that says which commit set it, of a reply that says what was asked by
/// whom, and of the head of an actor that has ended.
const FORMAT_2: u8 = 2;

#[derive(Serialize)]
pub(crate) struct DelayedRef<'a> {
    pub(crate) not_before_ms: u64,
    pub(crate) envelope: &'a Envelope,
}

#[derive(Deserialize)]
pub(crate) struct Delayed {
    pub(crate) not_before_ms: u64,
    pub(crate) envelope: Envelope,
}

#[derive(Serialize)]
pub(crate) struct EntryRef<'a> {
    pub(crate) actor: &'a ActorId,
    pub(crate) version: u64,
    pub(crate) at_ms: u64,
    pub(crate) messages: &'a [Envelope],
}

#[derive(Deserialize)]
pub(crate) struct Entry {
    pub(crate) actor: ActorId,
    pub(crate) version: u64,
    pub(crate) at_ms: u64,
    pub(crate) messages: Vec<Envelope>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) at_ms: u64,
    pub(crate) payload: Bytes,
}

pub(crate) fn encode<T: Serialize>(row: &T) -> Vec<u8> {
    postcard::to_extend(row, vec![FORMAT])
        .expect("a row has no sequence of unknown length, and a Vec takes all of it")
}

pub(crate) fn decode<T: DeserializeOwned>(
    table: Table,
    key: &[u8],
    value: &[u8],
) -> Result<T, StoreError> {
    match value.split_first() {
        Some((&FORMAT, row)) => {
            postcard::from_bytes(row).map_err(|error| damaged(table, key, &error.to_string()))
        }
        Some((other, _)) => Err(damaged(table, key, &format!("unknown format {other}"))),
        // No row is empty: even an empty value has the byte of its format.
        None => Err(damaged(table, key, "it is empty")),
    }
}

/// The head of an actor that lives, which is most of them, and of all from before they could end.
#[derive(Serialize, Deserialize)]
struct Living<O> {
    version: u64,
    epoch: u64,
    owner: O,
    module: Option<ModuleDigest>,
}

pub(crate) fn encode_head(head: &Head) -> Vec<u8> {
    if head.ended_ms.is_none() {
        return encode(&Living {
            version: head.version,
            epoch: head.epoch,
            owner: &head.owner,
            module: head.module,
        });
    }
    postcard::to_extend(head, vec![FORMAT_2])
        .expect("a head has no sequence of unknown length, and a Vec takes all of it")
}

pub(crate) fn decode_head(table: Table, key: &[u8], value: &[u8]) -> Result<Head, StoreError> {
    if let Some((&FORMAT_2, row)) = value.split_first() {
        return postcard::from_bytes(row).map_err(|error| damaged(table, key, &error.to_string()));
    }
    let living: Living<SiloId> = decode(table, key, value)?;
    Ok(Head {
        version: living.version,
        epoch: living.epoch,
        owner: living.owner,
        module: living.module,
        ended_ms: None,
    })
}

/// A reminder of format 1, from before reminders had a version.
#[derive(Deserialize)]
struct UnversionedReminder {
    due_ms: u64,
    period_ms: Option<u64>,
    policy: MissedPolicy,
}

pub(crate) fn encode_reminder(reminder: &Reminder) -> Vec<u8> {
    postcard::to_extend(reminder, vec![FORMAT_2])
        .expect("a reminder has no sequence at all, and a Vec takes all of it")
}

pub(crate) fn decode_reminder(
    table: Table,
    key: &[u8],
    value: &[u8],
) -> Result<Reminder, StoreError> {
    if let Some((&FORMAT_2, row)) = value.split_first() {
        return postcard::from_bytes(row).map_err(|error| damaged(table, key, &error.to_string()));
    }
    let old: UnversionedReminder = decode(table, key, value)?;
    Ok(Reminder {
        due_ms: old.due_ms,
        period_ms: old.period_ms,
        policy: old.policy,
        version: 0,
    })
}

/// A reply of format 1, from before replies told what was asked.
#[derive(Deserialize)]
struct BareReply {
    fingerprint: [u8; 16],
    reply: Bytes,
    declined: bool,
    expires_at_ms: u64,
}

pub(crate) fn encode_reply(reply: &StoredReply) -> Vec<u8> {
    postcard::to_extend(reply, vec![FORMAT_2])
        .expect("a reply has no sequence of unknown length, and a Vec takes all of it")
}

pub(crate) fn decode_reply(
    table: Table,
    key: &[u8],
    value: &[u8],
) -> Result<StoredReply, StoreError> {
    if let Some((&FORMAT_2, row)) = value.split_first() {
        return postcard::from_bytes(row).map_err(|error| damaged(table, key, &error.to_string()));
    }
    let old: BareReply = decode(table, key, value)?;
    Ok(StoredReply {
        fingerprint: old.fingerprint,
        reply: old.reply,
        declined: old.declined,
        expires_at_ms: old.expires_at_ms,
        title: "".into(),
        caller: None,
        trace: None,
    })
}

pub(crate) fn damaged(table: Table, key: &[u8], what: &str) -> StoreError {
    let (table, key) = (table.name(), key.escape_ascii());
    StoreError::Corrupt {
        detail: format!("row {key} of {table}: {what}"),
    }
}
