//! Answers of the server, read.

use pizza_store::StoreError;
use redis::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::queues::LaneError;

pub(crate) fn io(error: LaneError) -> StoreError {
    StoreError::Io {
        action: "asking the store",
        detail: error.to_string(),
    }
}

pub(crate) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt {
        detail: format!("{what} is not what a silo writes"),
    }
}

/// Writes a row, by the names of its fields, so that a later version may have more of them.
///
/// # Errors
/// What cannot be written.
pub(crate) fn encode(row: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    rmp_serde::to_vec_named(row).map_err(|error| StoreError::Corrupt {
        detail: error.to_string(),
    })
}

/// Reads a row.
///
/// # Errors
/// When it is not one.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    rmp_serde::from_slice(bytes).map_err(|error| StoreError::Corrupt {
        detail: error.to_string(),
    })
}

/// Fields and values, in their order.
pub(crate) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// Bytes, or nothing.
pub(crate) fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        Value::Int(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

pub(crate) fn text(value: Value) -> Option<String> {
    String::from_utf8(bytes(value)?).ok()
}

pub(crate) fn number(value: Value) -> Option<u64> {
    text(value)?.parse().ok()
}

/// The elements of an array; none for nothing.
pub(crate) fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        _ => Vec::new(),
    }
}

/// The elements of an array, two by two: fields and values of a hash.
pub(crate) fn pairs(value: Value) -> Fields {
    let mut values = array(value).into_iter();
    let mut pairs = Vec::new();
    while let (Some(name), Some(row)) = (values.next(), values.next()) {
        if let (Some(name), Some(row)) = (bytes(name), bytes(row)) {
            pairs.push((name, row));
        }
    }
    pairs
}

/// The entries of a stream: the number of each, and its fields.
pub(crate) fn stream(value: Value) -> Vec<(u64, Fields)> {
    let entries = array(value).into_iter().filter_map(|entry| {
        let mut entry = array(entry).into_iter();
        let id = text(entry.next()?)?;
        let number = id.split('-').next()?.parse().ok()?;
        Some((number, pairs(entry.next()?)))
    });
    entries.collect()
}
