//! Rows that one turn changes, perhaps many times: each is read once and written once. A batch of
//! events costs as many rows as it is about, however many events that are.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use silo_sdk::entries::Table;

/// What is changed is lost unless it is [written](Rows::write).
pub(crate) struct Rows<V> {
    table: Table<V>,
    rows: BTreeMap<String, V>,
}

impl<V: Serialize + DeserializeOwned + Default> Rows<V> {
    pub(crate) fn of(table: Table<V>) -> Self {
        let rows = BTreeMap::new();
        Self { table, rows }
    }

    /// The row, to be changed; the default where there is none.
    pub(crate) fn change(&mut self, key: String) -> &mut V {
        let table = &self.table;
        self.rows
            .entry(key)
            .or_insert_with_key(|key| table.get(key).unwrap_or_default())
    }

    /// How many rows were changed.
    pub(crate) fn count(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn write(&self) {
        for (key, row) in &self.rows {
            self.table.insert(key, row);
        }
    }
}
