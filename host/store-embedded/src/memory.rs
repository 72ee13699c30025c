//! The rows that lie in the log and not yet in the database, over those that lie there.
//!
//! - [`layer`]: the rows of a stretch of the log
//! - [`merge`]: layers and database read as one
//!
//! Commits write to the active layer. When that is large, it is sealed, and a new one is begun;
//! what is sealed goes into the database, and then the layer goes. At most one is sealed at a
//! time. A reader takes all of it as it is at one moment, and keeps it.

mod layer;
mod merge;

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fjall::{Readable, Slice, Snapshot};
use parking_lot::{Condvar, Mutex, RwLock};
use pizza_store::StoreError;

pub(crate) use self::layer::{Found, Layer, Walk};
use self::merge::{Merge, Rows};
use crate::table::{Database, Table, read_error};

/// All layers at one moment.
#[derive(Clone)]
pub(crate) struct Layers {
    active: Arc<Layer>,
    sealed: Option<Arc<Layer>>,
    base: Arc<Base>,
}

/// The database as the last checkpoint left it.
struct Base {
    db: Arc<Database>,
    snapshot: Snapshot,
}

impl Base {
    fn now(db: &Arc<Database>) -> Arc<Self> {
        Arc::new(Self {
            db: Arc::clone(db),
            snapshot: db.fjall().snapshot(),
        })
    }

    fn scan(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        end: Option<&[u8]>,
    ) -> impl DoubleEndedIterator<Item = Result<(Slice, Slice), StoreError>> + use<> {
        let range = (from, end.map_or(Bound::Unbounded, Bound::Excluded));
        let rows = self.snapshot.range::<&[u8], _>(self.db.table(table), range);
        rows.map(move |row| row.into_inner().map_err(|e| read_error(table, &e)))
    }
}

#[derive(Clone)]
pub(crate) struct Memory(Arc<Shared>);

struct Shared {
    layers: RwLock<Arc<Layers>>,
    /// Told when a sealed layer has gone.
    settled: Condvar,
    /// Whether the sealed layer will be there for a while.
    is_held_up: AtomicBool,
    /// For waiting only; what is waited for is in `layers`.
    waiting: Mutex<()>,
}

impl Memory {
    /// Nothing yet but what the database has.
    pub(crate) fn new(db: &Arc<Database>) -> Self {
        let layers = Layers {
            active: Arc::default(),
            sealed: None,
            base: Base::now(db),
        };
        Self(Arc::new(Shared {
            layers: RwLock::new(Arc::new(layers)),
            settled: Condvar::new(),
            is_held_up: AtomicBool::new(false),
            waiting: Mutex::new(()),
        }))
    }

    pub(crate) fn layers(&self) -> Arc<Layers> {
        Arc::clone(&self.0.layers.read())
    }

    /// Seals the active layer and returns it, unless there is a sealed one already.
    pub(crate) fn seal(&self) -> Option<Arc<Layer>> {
        let mut layers = self.0.layers.write();
        if layers.sealed.is_some() {
            return None;
        }
        let sealed = Arc::clone(&layers.active);
        *layers = Arc::new(Layers {
            active: Arc::default(),
            sealed: Some(Arc::clone(&sealed)),
            base: Arc::clone(&layers.base),
        });
        Some(sealed)
    }

    /// All of the sealed layer lies in the database now.
    pub(crate) fn settle(&self, db: &Arc<Database>) {
        // Before the lock: commits need it.
        let base = Base::now(db);
        let mut layers = self.0.layers.write();
        let before = Arc::clone(&layers);
        *layers = Arc::new(Layers {
            active: Arc::clone(&layers.active),
            sealed: None,
            base,
        });
        drop(layers);
        // The memory of the rows goes here, and not under the lock.
        drop(before);
        let _waiting = self.0.waiting.lock();
        self.0.settled.notify_all();
    }

    /// Says whether the sealed layer has to wait for room. Nobody should wait for it then: who
    /// reads must be served, and who needs room is refused anyway.
    pub(crate) fn set_held_up(&self, is_held_up: bool) {
        self.0.is_held_up.store(is_held_up, Ordering::Relaxed);
        let _waiting = self.0.waiting.lock();
        self.0.settled.notify_all();
    }

    /// Waits until nothing is sealed, but no longer than `limit`; returns whether it is of no use
    /// to wait longer.
    pub(crate) fn wait_settled(&self, limit: Duration) -> bool {
        let is_over =
            || self.layers().sealed.is_none() || self.0.is_held_up.load(Ordering::Relaxed);
        let mut waiting = self.0.waiting.lock();
        if is_over() {
            return true;
        }
        let _ = self.0.settled.wait_for(&mut waiting, limit);
        drop(waiting);
        is_over()
    }
}

impl Layers {
    pub(crate) fn active(&self) -> &Arc<Layer> {
        &self.active
    }

    /// The row as batch `sequence` left it.
    pub(crate) fn get(
        &self,
        table: Table,
        key: &[u8],
        sequence: u64,
    ) -> Result<Option<Slice>, StoreError> {
        if let Some(known) = self.get_newest(table, key, sequence) {
            return Ok(known);
        }
        let found = self.base.snapshot.get(self.base.db.table(table), key);
        found.map_err(|error| read_error(table, &error))
    }

    /// The same, `None` when only the database may know it.
    pub(crate) fn get_newest(
        &self,
        table: Table,
        key: &[u8],
        sequence: u64,
    ) -> Option<Option<Slice>> {
        let mut layers = std::iter::once(&self.active).chain(&self.sealed);
        layers.find_map(|layer| layer.get(table, key, sequence))
    }

    /// The rows from `from` to `end`, which is not among them, as batch `sequence` left them.
    pub(crate) fn scan(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        end: Option<&[u8]>,
        sequence: u64,
    ) -> impl Iterator<Item = Result<(Slice, Slice), StoreError>> + use<> {
        let rows = self.rows(|| Walk::new(table, sequence, from, end));
        Merge::new(rows, self.base.scan(table, from, end))
    }

    /// Of the same rows those that are not in the database yet.
    pub(crate) fn scan_newest(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        end: Option<&[u8]>,
        sequence: u64,
    ) -> impl Iterator<Item = Result<(Slice, Slice), StoreError>> + use<> {
        let rows = self.rows(|| Walk::new(table, sequence, from, end));
        Merge::new(rows, std::iter::empty())
    }

    /// Those from the last one back.
    pub(crate) fn scan_newest_back(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        end: Option<&[u8]>,
        sequence: u64,
    ) -> impl Iterator<Item = Result<(Slice, Slice), StoreError>> + use<> {
        let rows = self.rows(|| Walk::new(table, sequence, from, end).reversed());
        Merge::backwards(rows, std::iter::empty())
    }

    /// All rows from the last one back.
    pub(crate) fn scan_back(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        end: Option<&[u8]>,
        sequence: u64,
    ) -> impl Iterator<Item = Result<(Slice, Slice), StoreError>> + use<> {
        let rows = self.rows(|| Walk::new(table, sequence, from, end).reversed());
        Merge::backwards(rows, self.base.scan(table, from, end).rev())
    }

    fn rows(&self, walk: impl Fn() -> Walk) -> Vec<Rows> {
        let layers = std::iter::once(&self.active).chain(&self.sealed);
        layers.map(|layer| Rows::new(layer, walk())).collect()
    }
}
