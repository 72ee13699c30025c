//! Consistent reads. The committer publishes a view after each group, once the
//! group's commits are durable: what a view shows cannot be taken back by a power loss.

use std::sync::Arc;

use fjall::{Readable, Slice, Snapshot};
use parking_lot::RwLock;
use pizza_store::StoreError;
use serde::de::DeserializeOwned;

use crate::row;
use crate::table::{Database, Table, read_error};

#[derive(Clone)]
pub(crate) struct View {
    db: Arc<Database>,
    snapshot: Snapshot,
}

impl View {
    /// A view of everything written so far, durable or not.
    pub(crate) fn now(db: &Arc<Database>) -> Self {
        Self {
            db: Arc::clone(db),
            snapshot: db.fjall().snapshot(),
        }
    }

    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        self.get_with(table, key, row::decode)
    }

    /// Like [`get`](Self::get), where there are rows of more than one format.
    pub(crate) fn get_with<T>(
        &self,
        table: Table,
        key: &[u8],
        decode: impl Fn(Table, &[u8], &[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let found = self.snapshot.get(self.db.table(table), key);
        match found.map_err(|error| read_error(table, &error))? {
            Some(value) => decode(table, key, &value).map(Some),
            None => Ok(None),
        }
    }

    /// Rows from `start` (not itself, if `after`) to the end of `prefix`, in order.
    pub(crate) fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
    ) -> impl Iterator<Item = Result<(Slice, Slice), StoreError>> + use<> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let start = after.map_or(Included(prefix), Excluded);
        let end = crate::key::above(prefix);
        let end = end.as_deref().map_or(Unbounded, Excluded);
        let rows = self
            .snapshot
            .range::<&[u8], _>(self.db.table(table), (start, end));
        rows.map(move |row| row.into_inner().map_err(|error| read_error(table, &error)))
    }
}

/// The newest view, which the committer sets and readers take.
#[derive(Clone)]
pub(crate) struct Published(Arc<RwLock<View>>);

impl Published {
    pub(crate) fn new(view: View) -> Self {
        Self(Arc::new(RwLock::new(view)))
    }

    pub(crate) fn set(&self, view: View) {
        *self.0.write() = view;
    }

    pub(crate) fn get(&self) -> View {
        self.0.read().clone()
    }
}
