//! The rows of a group before they are written. Later requests of the group read
//! them, and a row written twice is written once: a batch must not hold a key twice.

use std::collections::BTreeMap;
use std::ops::Bound;

use fjall::OwnedWriteBatch;

use crate::table::{Database, Table};

/// A row to set (`Some`) or to remove (`None`).
pub(crate) type RowChange = (Table, Vec<u8>, Option<Vec<u8>>);

#[derive(Default)]
pub(crate) struct Overlay {
    rows: [BTreeMap<Vec<u8>, Option<Vec<u8>>>; Table::COUNT],
}

impl Overlay {
    pub(crate) fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.set(table, key, Some(value));
    }

    pub(crate) fn remove(&mut self, table: Table, key: Vec<u8>) {
        self.set(table, key, None);
    }

    pub(crate) fn set(&mut self, table: Table, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.rows[table as usize].insert(key, value);
    }

    /// What the group says of a row: `Some(None)` that it removes it, `None` that it says
    /// nothing.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Option<Option<&[u8]>> {
        let row = self.rows[table as usize].get(key)?;
        Some(row.as_deref())
    }

    pub(crate) fn keys<'a>(
        &'a self,
        table: Table,
        prefix: &'a [u8],
    ) -> impl Iterator<Item = &'a [u8]> {
        // Removed ones, too: to remove them again does no harm.
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let rows = self.rows[table as usize].range::<[u8], _>(from);
        rows.map(|(key, _)| key.as_slice())
            .take_while(move |key| key.starts_with(prefix))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.iter().all(BTreeMap::is_empty)
    }

    pub(crate) fn into_batch(self, db: &Database) -> OwnedWriteBatch {
        let count = self.rows.iter().map(BTreeMap::len).sum();
        let mut batch = OwnedWriteBatch::with_capacity(db.fjall().clone(), count)
            // To the operating system, so that a killed process has lost nothing.
            .durability(Some(fjall::PersistMode::Buffer));
        for (table, rows) in Table::ALL.into_iter().zip(self.rows) {
            let keyspace = db.table(table);
            for (key, value) in rows {
                match value {
                    Some(value) => batch.insert(keyspace, key, value),
                    None => batch.remove(keyspace, key),
                }
            }
        }
        batch
    }
}
