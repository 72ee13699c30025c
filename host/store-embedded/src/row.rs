//! Values: a byte that names the format, then postcard.

use bytes::Bytes;
use pizza_store::{Reminder, StoreError};
use pizza_types::{Envelope, MissedPolicy};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::table::Table;

/// The format of every other row.
const FORMAT: u8 = 1;
/// The format of a reminder that says which commit set it.
const FORMAT_REMINDER: u8 = 2;

#[derive(Serialize)]
pub(crate) struct OutboxRef<'a> {
    pub(crate) not_before_ms: u64,
    pub(crate) envelope: &'a Envelope,
}

#[derive(Deserialize)]
pub(crate) struct Outbox {
    pub(crate) not_before_ms: u64,
    pub(crate) envelope: Envelope,
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

/// A reminder of format 1, from before reminders had a version.
#[derive(Deserialize)]
struct UnversionedReminder {
    due_ms: u64,
    period_ms: Option<u64>,
    policy: MissedPolicy,
}

pub(crate) fn encode_reminder(reminder: &Reminder) -> Vec<u8> {
    postcard::to_extend(reminder, vec![FORMAT_REMINDER])
        .expect("a reminder has no sequence at all, and a Vec takes all of it")
}

pub(crate) fn decode_reminder(
    table: Table,
    key: &[u8],
    value: &[u8],
) -> Result<Reminder, StoreError> {
    if let Some((&FORMAT_REMINDER, row)) = value.split_first() {
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

pub(crate) fn damaged(table: Table, key: &[u8], what: &str) -> StoreError {
    let (table, key) = (table.name(), key.escape_ascii());
    StoreError::Corrupt {
        detail: format!("row {key} of {table}: {what}"),
    }
}
