//! The rows of a stretch of the log, in memory and in order. Each version of a row is kept as
//! long as the layer: so a reader needs no lock to see one moment, and a layer is never larger
//! than what the log may hold.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};

use fjall::Slice;
use parking_lot::RwLock;

use crate::table::Table;

/// Into how many maps a table is divided whose keys begin with an actor's shard: a smaller map
/// is a shorter way to a row, and readers wait less for the writer.
const PARTS: usize = 64;
/// So many shards of 1024 share a map.
const PART_SHIFT: u32 = 4;
/// What a version takes beside its bytes, about.
const VERSION_BYTES: usize = 96;
/// How many rows a scan takes under one lock.
const AT_ONCE: usize = 64;

/// A row of the layer: `None` where the row is removed.
pub(crate) type Found = (Slice, Option<Slice>);

struct Versions {
    newest: Version,
    /// Oldest first.
    older: Vec<Version>,
}

#[derive(Clone)]
struct Version {
    sequence: u64,
    value: Option<Slice>,
}

pub(crate) struct Layer {
    tables: [Vec<RwLock<BTreeMap<Slice, Versions>>>; Table::COUNT],
    bytes: AtomicUsize,
}

impl Default for Layer {
    fn default() -> Self {
        let parts = |table: Table| {
            let count = if table.is_by_shard() { PARTS } else { 1 };
            (0..count).map(|_| RwLock::default()).collect()
        };
        Self {
            tables: Table::ALL.map(parts),
            bytes: AtomicUsize::new(0),
        }
    }
}

impl Layer {
    /// How much memory the layer takes, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Notes a row as batch `sequence` leaves it. Batches come in their order.
    pub(crate) fn set(&self, table: Table, sequence: u64, key: Slice, value: Option<Slice>) {
        let bytes = key.len() + value.as_ref().map_or(0, |value| value.len()) + VERSION_BYTES;
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let part = &self.tables[table as usize][part(table, &key)];
        let version = Version { sequence, value };
        let mut part = part.write();
        if let Some(versions) = part.get_mut(&*key) {
            versions.push(version);
        } else {
            let versions = Versions {
                newest: version,
                older: Vec::new(),
            };
            part.insert(key, versions);
        }
    }

    /// The row as batch `sequence` left it: `Some(None)` when it was removed, `None` when
    /// the layer does not know.
    pub(crate) fn get(&self, table: Table, key: &[u8], sequence: u64) -> Option<Option<Slice>> {
        let part = &self.tables[table as usize][part(table, key)];
        part.read().get(key)?.at(sequence)
    }
}

impl Versions {
    fn push(&mut self, version: Version) {
        // What a batch writes twice, nobody sees but once.
        if self.newest.sequence == version.sequence {
            self.newest = version;
        } else {
            self.older
                .push(std::mem::replace(&mut self.newest, version));
        }
    }

    fn at(&self, sequence: u64) -> Option<Option<Slice>> {
        let known = |version: &&Version| version.sequence <= sequence;
        let newest = Some(&self.newest).filter(known);
        let found = newest.or_else(|| self.older.iter().rev().find(known));
        found.map(|version| version.value.clone())
    }
}

fn part(table: Table, key: &[u8]) -> usize {
    if !table.is_by_shard() {
        return 0;
    }
    // A shorter key is a prefix that ends before the shard does: it is below all of them.
    let shard = key.first_chunk::<2>().map_or(0, |b| u16::from_be_bytes(*b));
    usize::from(shard >> PART_SHIFT).min(PARTS - 1)
}

/// Walks over a range of a layer in order, a piece at a time.
pub(crate) struct Walk {
    table: Table,
    sequence: u64,
    from: Bound<Slice>,
    end: Option<Slice>,
    /// The map that is walked over, and the last one.
    part: usize,
    last_part: usize,
    backwards: bool,
    is_done: bool,
}

impl Walk {
    /// Rows from `from` up to `end`, which is not among them, as batch `sequence` left them.
    pub(crate) fn new(table: Table, sequence: u64, from: Bound<&[u8]>, end: Option<&[u8]>) -> Self {
        let first = match from {
            Bound::Included(key) | Bound::Excluded(key) => part(table, key),
            Bound::Unbounded => 0,
        };
        // An end with fewer bytes than a shard is above some of them; the range sorts that out.
        let last_part = match end {
            Some(end) if end.len() >= 2 && table.is_by_shard() => part(table, end),
            _ if table.is_by_shard() => PARTS - 1,
            _ => 0,
        };
        Self {
            table,
            sequence,
            from: from.map(Slice::from),
            end: end.map(Slice::from),
            part: first,
            last_part,
            backwards: false,
            is_done: false,
        }
    }

    /// All rows, as the last batch left them.
    pub(crate) fn all(table: Table) -> Self {
        Self::new(table, u64::MAX, Bound::Unbounded, None)
    }

    /// The same walk from its end to its beginning.
    pub(crate) fn reversed(self) -> Self {
        Self {
            part: self.last_part,
            last_part: self.part,
            backwards: true,
            ..self
        }
    }

    /// The next rows, at least one of them unless the walk is over.
    pub(crate) fn next(&mut self, layer: &Layer) -> Vec<Found> {
        let mut found = Vec::new();
        while found.is_empty() && !self.is_done {
            self.piece(layer, &mut found);
        }
        found
    }

    fn piece(&mut self, layer: &Layer, found: &mut Vec<Found>) {
        let part = layer.tables[self.table as usize][self.part].read();
        let from = self.from.as_ref().map(|key| &**key);
        let mut seen = None;
        let mut looked = 0;
        if !is_empty(from, self.end.as_deref()) {
            let end = self
                .end
                .as_deref()
                .map_or(Bound::Unbounded, Bound::Excluded);
            let mut rows = part.range::<[u8], _>((from, end));
            let mut next = || {
                if self.backwards {
                    rows.next_back()
                } else {
                    rows.next()
                }
            };
            while looked < AT_ONCE
                && let Some((key, versions)) = next()
            {
                looked += 1;
                seen = Some(key.clone());
                let value = versions.at(self.sequence);
                found.extend(value.map(|value| (key.clone(), value)));
            }
        }
        match seen {
            Some(seen) if self.backwards => self.end = Some(seen),
            Some(seen) => self.from = Bound::Excluded(seen),
            None => {}
        }
        if looked < AT_ONCE {
            self.is_done = self.part == self.last_part;
            self.part = if self.backwards {
                self.part.saturating_sub(1)
            } else {
                self.part + 1
            };
        }
    }
}

/// Whether no key can be between; a map refuses to be asked for such a range.
fn is_empty(from: Bound<&[u8]>, end: Option<&[u8]>) -> bool {
    match (from, end) {
        (Bound::Included(from) | Bound::Excluded(from), Some(end)) => from >= end,
        _ => false,
    }
}
