//! Writing the log: records go behind each other into the active segment; when that is full,
//! the next one is a segment whose records are all in the database, or a new one.

use std::collections::VecDeque;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::record::Record;
use super::segment::Segment;
use crate::reserve::{Reserve, is_want};

/// The most segments that are kept for their next use; others are removed.
pub(super) const FREE_MAX: usize = 3;

/// The sequence number up to which everything lies in the database, and is synced there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checkpointed(Arc<AtomicU64>);

impl Checkpointed {
    pub(crate) fn set(&self, sequence: u64) {
        self.0.store(sequence, Ordering::Release);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
pub(crate) struct Log {
    pub(super) dir: PathBuf,
    pub(super) segment_bytes: u64,
    /// Whether a sync is one; without, a record is handed to the operating system only.
    pub(super) is_synced: bool,
    pub(super) active: Option<Segment>,
    pub(super) generation: u64,
    /// The number of the last record, and of the last one that is synced.
    pub(super) last: u64,
    pub(super) synced: u64,
    /// Full segments with the number of their last record, oldest first.
    pub(super) full: VecDeque<(Segment, u64)>,
    pub(super) free: Vec<Segment>,
    /// The number in the name of the next new segment.
    pub(super) next_name: u64,
    pub(super) checkpointed: Checkpointed,
    pub(super) reserve: Reserve,
    pub(super) buffer: Vec<u8>,
}

impl Log {
    pub(crate) fn checkpointed(&self) -> Checkpointed {
        self.checkpointed.clone()
    }

    /// Hands records to the operating system in one write. When this fails, they may or may not
    /// be there. Where the disk has no room, they go into the spare segment.
    ///
    /// # Errors
    /// What failed, in words for a person.
    pub(crate) fn append(&mut self, records: &mut [Record]) -> Result<(), String> {
        let Err(failed) = self.try_append(records) else {
            return Ok(());
        };
        if !is_want(&failed.error) || !self.take_spare(&failed)? {
            return Err(failed.to_string());
        }
        let written = self.try_append(records);
        written.map_err(|error| error.to_string())
    }

    fn try_append(&mut self, records: &mut [Record]) -> Result<(), Failed> {
        let Some(last) = records.last().map(|record| record.sequence) else {
            return Ok(());
        };
        self.buffer.clear();
        self.make_room(records.iter().map(Record::sealed_bytes).sum())?;
        let Some(active) = &mut self.active else {
            return Err(Failed::new(
                "find a segment in",
                &self.dir,
                io::Error::other("it has none"),
            ));
        };
        let seal = |error: String| Failed::new("write", &active.path, io::Error::other(error));
        let written = match records {
            // Mostly it is one, which need not be copied.
            [record] => active.append(record.seal(self.generation, self.synced).map_err(seal)?),
            records => {
                for record in records {
                    let sealed = record.seal(self.generation, self.synced);
                    self.buffer.extend(sealed.map_err(seal)?);
                }
                active.append(&self.buffer)
            }
        };
        written.map_err(|error| Failed::new("write", &active.path, error))?;
        self.last = last;
        if active.is_spare {
            self.reserve.set_left(active.left());
        }
        Ok(())
    }

    /// Goes on in the spare segment, if there is one.
    fn take_spare(&mut self, why: &Failed) -> Result<bool, String> {
        let Some(spare) = self.reserve.take_spare(&why.to_string()) else {
            return Ok(false);
        };
        if let Some(mut active) = self.active.take() {
            if active.position() == 0 {
                // Nothing is in it, so it has no place in the order of generations.
                self.generation -= 1;
                self.free.push(active);
            } else {
                // What failed may be there in part, and will be there again.
                active.truncate().map_err(failed("cut", &active.path))?;
                self.synced = self.last;
                self.full.push_back((active, self.last));
            }
        }
        let path = path(&self.dir, self.next_name);
        self.next_name += 1;
        let next = Segment::of_spare(spare, path.clone()).map_err(failed("name", &path))?;
        self.generation += 1;
        self.active = Some(next);
        Ok(true)
    }

    /// Makes everything appended so far durable.
    pub(crate) fn sync(&mut self) -> Result<(), String> {
        if !self.is_synced {
            return Ok(());
        }
        if let Some(active) = &self.active {
            active.sync().map_err(failed("sync", &active.path))?;
        }
        self.synced = self.last;
        Ok(())
    }

    /// Sees to it that the active segment is one that is not full.
    fn make_room(&mut self, bytes: u64) -> Result<(), Failed> {
        let is_full = |active: &Segment| {
            if active.is_spare {
                return active.left() < bytes;
            }
            active.position() >= self.segment_bytes
        };
        if self.active.as_ref().is_some_and(|active| !is_full(active)) {
            return Ok(());
        }
        // Before it is left, for later syncs go to the next one; even where no sync was asked for,
        // so that of two segments never the older one is lost.
        if let Some(full) = self.active.take() {
            if let Err(error) = full.sync() {
                // Not to be tried again in another one: nobody knows what became of it.
                let error = io::Error::other(error);
                return Err(Failed::new("sync", &full.path, error));
            }
            self.synced = self.last;
            self.full.push_back((full, self.last));
        }
        self.recycle()?;
        let mut next = match self.free.pop() {
            Some(free) => free,
            None => {
                let path = path(&self.dir, self.next_name);
                self.next_name += 1;
                Segment::create(path.clone(), self.segment_bytes)
                    .map_err(|error| Failed::new("create", &path, error))?
            }
        };
        next.rewind();
        self.generation += 1;
        self.active = Some(next);
        Ok(())
    }

    /// Takes back the segments whose records are all in the database.
    fn recycle(&mut self) -> Result<(), Failed> {
        let checkpointed = self.checkpointed.get();
        while let Some((segment, _)) = self.full.pop_front_if(|(_, last)| *last <= checkpointed) {
            if self.free.len() < FREE_MAX && !segment.is_spare {
                self.free.push(segment);
            } else {
                let removed = fs::remove_file(&segment.path);
                removed.map_err(|error| Failed::new("remove", &segment.path, error))?;
            }
        }
        Ok(())
    }
}

/// What could not be done to which file.
#[derive(Debug)]
struct Failed {
    action: &'static str,
    path: PathBuf,
    error: io::Error,
}

impl Failed {
    fn new(action: &'static str, path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        Self {
            action,
            path,
            error,
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (action, path) = (self.action, self.path.display());
        write!(f, "cannot {action} {path}: {}", self.error)
    }
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> String + 'a {
    move |error| Failed::new(action, path, error).to_string()
}

pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number}.log"))
}
