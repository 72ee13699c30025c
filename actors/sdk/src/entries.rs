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
        Some(self.decode(key, &bytes))
    }

    /// Several rows, each in the place of its key: one question to the host for all of them, which
    /// answers a thousand at most.
    ///
    /// # Panics
    /// When one was written as another type.
    pub fn get_all<K: AsRef<str>>(&self, keys: &[K]) -> Vec<Option<V>> {
        let names = keys.iter().map(|key| self.full(key.as_ref()));
        let names = names.collect::<Vec<_>>();
        let rows = host::state::get_entries(&names).into_iter();
        let row = |(bytes, key): (Option<Vec<u8>>, &K)| Some(self.decode(key.as_ref(), &bytes?));
        rows.zip(keys).map(row).collect()
    }

    pub fn insert(&self, key: &str, row: &V) {
        host::state::set_entry(self.full(key), state::encode(row));
    }

    pub fn remove(&self, key: &str) {
        host::state::remove_entry(self.full(key));
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

    /// Rows with their keys, in order of these, after the key `after`, at most `limit`; fewer where
    /// they are large (a mebibyte in all), but one at least if there is one. One question to the
    /// host for all of them.
    ///
    /// # Panics
    /// When one was written as another type.
    pub fn rows(&self, after: Option<&str>, limit: u32) -> Vec<(String, V)> {
        let prefix = self.full("");
        let after = after.map(|key| self.full(key));
        let rows = host::state::range_entries(&prefix, after.as_deref(), limit);
        let row = |(name, bytes): (String, Vec<u8>)| {
            let key = name[prefix.len()..].to_owned();
            let row = self.decode(&key, &bytes);
            (key, row)
        };
        rows.into_iter().map(row).collect()
    }

    /// The row with the lowest key.
    pub fn first(&self) -> Option<(String, V)> {
        self.rows(None, 1).pop()
    }

    pub fn is_empty(&self) -> bool {
        self.keys(None, 1).is_empty()
    }

    fn decode(&self, key: &str, bytes: &[u8]) -> V {
        match state::decode(bytes) {
            Ok(row) => row,
            // A trap: to go on as if there were no row would overwrite it at the next chance.
            Err(error) => panic!(
                "row `{key}` of table `{}` cannot be read: {error}",
                self.name
            ),
        }
    }

    fn full(&self, key: &str) -> String {
        // With the slash, so that the rows of `star` are not among those of `stars`.
        format!("{}/{key}", self.name)
    }
}
