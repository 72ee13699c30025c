//! The entries of an actor, on a view that stays.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fjall::Slice;
use pizza_store::entries::several;
use pizza_store::{EntryView, StoreError};
use pizza_types::{ActorId, EntryLimit, EntryPage, EntryRange};

use crate::key;
use crate::row::{damaged, decode};
use crate::table::Table;
use crate::view::View;

/// The entries of one actor.
pub(crate) struct StoredEntries {
    view: View,
    /// The key of the actor, with which those of its entries begin.
    actor: Vec<u8>,
}

impl StoredEntries {
    pub(crate) fn new(view: View, actor: &ActorId) -> Self {
        let actor = key::actor(actor);
        Self { view, actor }
    }
}

// Small reads of rows that mostly lie in memory: not worth a thread of their own.
#[async_trait]
impl EntryView for StoredEntries {
    async fn get(
        &self,
        names: &[Arc<str>],
        bytes_max: usize,
    ) -> Result<Vec<Option<Bytes>>, StoreError> {
        several(names, bytes_max, |name| {
            self.view
                .get(Table::Entries, &key::of_actor(&self.actor, name))
        })
    }

    async fn range(&self, range: &EntryRange, limit: EntryLimit) -> Result<EntryPage, StoreError> {
        page(&self.view, &self.actor, range, limit)
    }
}

/// The first part of a range of an actor's entries.
pub(crate) fn page(
    view: &View,
    actor: &[u8],
    range: &EntryRange,
    limit: EntryLimit,
) -> Result<EntryPage, StoreError> {
    let from = key::of_actor(actor, &range.from);
    let end = match &range.to {
        Some(to) => Some(key::of_actor(actor, to)),
        None => key::above(actor),
    };
    let rows = view.range(Table::Entries, &from, end.as_deref(), range.backwards);
    EntryPage::take(rows.map(|row| entry(actor, row?)), limit)
}

fn entry(actor: &[u8], (at, value): (Slice, Slice)) -> Result<(Arc<str>, Bytes), StoreError> {
    let name = at.get(actor.len()..).and_then(key::take_name);
    let (name, _) = name.ok_or_else(|| damaged(Table::Entries, &at, "its key"))?;
    Ok((Arc::from(name), decode(Table::Entries, &at, &value)?))
}
