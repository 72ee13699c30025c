//! Named durable tables beside the state, for what grows: a turn reads and commits
//! only the rows it touches.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

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
        self.decoded(rows)
    }

    fn decoded(&self, rows: Vec<(String, Vec<u8>)>) -> Vec<(String, V)> {
        let before = self.name.len() + 1;
        let row = |(name, bytes): (String, Vec<u8>)| {
            let key = name[before..].to_owned();
            let row = self.decode(&key, &bytes);
            (key, row)
        };
        rows.into_iter().map(row).collect()
    }

    /// Rows whose keys are in the range, in order of these, at most `limit`; fewer where they are
    /// large (a mebibyte in all), but one at least if there is one. One question to the host.
    ///
    /// # Panics
    /// When one was written as another type.
    pub fn range<'k>(&self, keys: impl RangeBounds<&'k str>, limit: u32) -> Vec<(String, V)> {
        self.scan(&keys, false, limit)
    }

    /// The same rows from the highest key down.
    ///
    /// # Panics
    /// When one was written as another type.
    pub fn range_back<'k>(&self, keys: impl RangeBounds<&'k str>, limit: u32) -> Vec<(String, V)> {
        self.scan(&keys, true, limit)
    }

    fn scan<'k>(
        &self,
        keys: &impl RangeBounds<&'k str>,
        backwards: bool,
        limit: u32,
    ) -> Vec<(String, V)> {
        // The name behind a name is the same with a zero, which no name has.
        let from = match keys.start_bound() {
            Bound::Included(key) => self.full(key),
            Bound::Excluded(key) => self.full(key) + "\0",
            Bound::Unbounded => self.full(""),
        };
        let to = match keys.end_bound() {
            Bound::Included(key) => self.full(key) + "\0",
            Bound::Excluded(key) => self.full(key),
            // Behind the slash.
            Bound::Unbounded => format!("{}0", self.name),
        };
        let rows = host::state::scan_entries(&from, Some(&to), backwards, limit);
        self.decoded(rows)
    }

    /// The row with the highest key.
    pub fn last(&self) -> Option<(String, V)> {
        self.range_back(.., 1).pop()
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
}

impl<V> Table<V> {
    fn full(&self, key: &str) -> String {
        // With the slash, so that the rows of `star` are not among those of `stars`.
        format!("{}/{key}", self.name)
    }
}

/// Rows of several tables that a turn is about to read one by one: the host is asked for all of
/// them at once, which a batch of events does once.
///
/// ```
/// use silo_sdk::entries::{Ahead, Table};
/// const STARS: Table<u32> = Table::new("stars");
/// const PLANETS: Table<u32> = Table::new("planets");
///
/// let _host = silo_sdk::testing::Host::new("lamp", "lamp-1");
/// Ahead::default().of(&STARS, ["sirius", "vega"]).of(&PLANETS, ["venus"]).read();
/// assert_eq!(STARS.get("vega"), None);
/// ```
#[derive(Default)]
#[must_use = "nothing is read before `read`"]
pub struct Ahead {
    names: BTreeSet<String>,
}

impl Ahead {
    /// Rows of a table, by their keys; one that is named twice is read once.
    pub fn of<V, K: AsRef<str>>(
        mut self,
        table: &Table<V>,
        keys: impl IntoIterator<Item = K>,
    ) -> Self {
        let names = keys.into_iter().map(|key| table.full(key.as_ref()));
        self.names.extend(names);
        self
    }

    /// Reads them. They are kept for the turn, and must fit its memory: eight mebibytes of a
    /// thousand are refused.
    pub fn read(self) {
        host::state::read_ahead(&self.names.into_iter().collect::<Vec<_>>());
    }
}
