//! Named durable tables beside the state, for what grows: a turn reads and commits
//! only the rows it touches.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{host, state};

/// Rows of one type, by key. Declare it once:
///
/// ```
/// use silo_sdk::entries::Table;
/// const STARS: Table<u32> = Table::new("stars");
///
/// let _host = silo_sdk::testing::Host::new("lamp", "lamp-1");
/// STARS.insert("sirius", &1);
/// assert_eq!(STARS.get("sirius"), Some(1));
/// assert_eq!(STARS.first(), Some(("sirius".to_owned(), 1)));
/// ```
pub struct Table<V> {
    name: &'static str,
    rows: PhantomData<fn() -> V>,
}

impl<V: Serialize + DeserializeOwned> Table<V> {
    /// `name` is part of what is stored: it must not change, and must not contain `/`.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            rows: PhantomData,
        }
    }

    /// # Panics
    /// When the row was written as another type.
    pub fn get(&self, key: &str) -> Option<V> {
        let bytes = host::state::get_entry(&self.full(key))?;
        match state::decode(&bytes) {
            Ok(row) => Some(row),
            // A trap: to go on as if there were no row would overwrite it at the next chance.
            Err(error) => panic!(
                "row `{key}` of table `{}` cannot be read: {error}",
                self.name
            ),
        }
    }

    pub fn insert(&self, key: &str, row: &V) {
        host::state::set_entry(&self.full(key), &state::encode(row));
    }

    pub fn remove(&self, key: &str) {
        host::state::remove_entry(&self.full(key));
    }

    /// Keys in order of their bytes, after the key `after`, at most `limit`.
    pub fn keys(&self, after: Option<&str>, limit: u32) -> Vec<String> {
        let prefix = self.full("");
        let after = after.map(|key| self.full(key));
        let names = host::state::list_entries(&prefix, after.as_deref(), limit);
        names
            .into_iter()
            .map(|name| name[prefix.len()..].to_owned())
            .collect()
    }

    /// The row with the lowest key.
    pub fn first(&self) -> Option<(String, V)> {
        let key = self.keys(None, 1).pop()?;
        let row = self.get(&key)?;
        Some((key, row))
    }

    pub fn is_empty(&self) -> bool {
        self.keys(None, 1).is_empty()
    }

    fn full(&self, key: &str) -> String {
        // With the slash, so that the rows of `star` are not among those of `stars`.
        format!("{}/{key}", self.name)
    }
}
