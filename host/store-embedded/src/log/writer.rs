//! Writing the log: records go behind each other into the active segment; when that is full,
//! the next one is a segment whose records are all in the database, or a new one.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::record::Record;
use super::segment::Segment;

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
    pub(super) buffer: Vec<u8>,
}

impl Log {
    pub(crate) fn checkpointed(&self) -> Checkpointed {
        self.checkpointed.clone()
    }

    /// Hands records to the operating system in one write. When this fails, they may or may not
    /// be there.
    pub(crate) fn append(&mut self, records: &mut [Record]) -> Result<(), String> {
        let Some(last) = records.last().map(|record| record.sequence) else {
            return Ok(());
        };
        self.make_room()?;
        let Some(active) = &mut self.active else {
            return Err(String::from("the log has no segment"));
        };
        let written = match records {
            // Mostly it is one, which need not be copied.
            [record] => active.append(record.seal(self.generation, self.synced)?),
            records => {
                self.buffer.clear();
                for record in records {
                    self.buffer
                        .extend(record.seal(self.generation, self.synced)?);
                }
                active.append(&self.buffer)
            }
        };
        written.map_err(failed("write", &active.path))?;
        self.last = last;
        Ok(())
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
    fn make_room(&mut self) -> Result<(), String> {
        let is_full = |active: &Segment| active.position() >= self.segment_bytes;
        if self.active.as_ref().is_some_and(|active| !is_full(active)) {
            return Ok(());
        }
        // Before it is left, for later syncs go to the next one; even where no sync was asked for,
        // so that of two segments never the older one is lost.
        if let Some(full) = self.active.take() {
            full.sync().map_err(failed("sync", &full.path))?;
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
                    .map_err(failed("create", &path))?
            }
        };
        next.rewind();
        self.generation += 1;
        self.active = Some(next);
        Ok(())
    }

    /// Takes back the segments whose records are all in the database.
    fn recycle(&mut self) -> Result<(), String> {
        let checkpointed = self.checkpointed.get();
        while let Some((segment, _)) = self.full.pop_front_if(|(_, last)| *last <= checkpointed) {
            if self.free.len() < FREE_MAX {
                self.free.push(segment);
            } else {
                fs::remove_file(&segment.path).map_err(failed("remove", &segment.path))?;
            }
        }
        Ok(())
    }
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> String + 'a {
    move |error| format!("cannot {action} {}: {error}", path.display())
}

pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number}.log"))
}
