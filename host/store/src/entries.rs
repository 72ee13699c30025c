//! Entries of an actor that its owner does not hold in memory.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_types::{EntryLimit, EntryPage, EntryRange};

use crate::error::StoreError;

/// How much of an actor's entries an opening reads. Most actors have less, and are in memory with
/// all that they have; a table that grows for months is read as it is asked for.
pub const OPENED: EntryLimit = EntryLimit {
    entries: 256,
    bytes: 64 << 10,
};

/// The entries of one actor as they were at one moment, however long it is read.
#[async_trait]
pub trait EntryView: Send + Sync {
    /// Several entries, each in the place of its name, `None` where there is none: as many from
    /// the first name on as have `bytes_max` bytes together, and one at least.
    ///
    /// # Errors
    /// When the store cannot read what it has.
    async fn get(
        &self,
        names: &[Arc<str>],
        bytes_max: usize,
    ) -> Result<Vec<Option<Bytes>>, StoreError>;

    /// The first part of a range, in its direction.
    ///
    /// # Errors
    /// When the store cannot read what it has.
    async fn range(&self, range: &EntryRange, limit: EntryLimit) -> Result<EntryPage, StoreError>;
}

/// Takes entries in the order of their names as far as [`EntryView::get`] promises.
///
/// # Errors
/// That of the first one that cannot be read.
pub fn several(
    names: &[Arc<str>],
    bytes_max: usize,
    mut get: impl FnMut(&str) -> Result<Option<Bytes>, StoreError>,
) -> Result<Vec<Option<Bytes>>, StoreError> {
    let (mut found, mut bytes) = (Vec::with_capacity(names.len()), 0);
    for name in names {
        let entry = get(name)?;
        bytes += entry.as_ref().map_or(0, Bytes::len);
        if bytes > bytes_max && !found.is_empty() {
            break;
        }
        found.push(entry);
    }
    Ok(found)
}
