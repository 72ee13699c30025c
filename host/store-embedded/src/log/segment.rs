//! One file of the log. It is written ahead of its use with zeros, a piece at a time, and
//! used again when all that is in it lies in the database: then an fdatasync has nothing to
//! write but the data, for neither the length nor the place of the file changes.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::reserve::Spare;

/// How far a new segment is written ahead at most at a time.
const AHEAD_MAX: u64 = 1 << 20;
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    file: File,
    /// Where the next record goes.
    position: u64,
    /// The length of the file.
    written: u64,
    /// How far it is written ahead at a time.
    ahead: u64,
    /// Whether it was the spare one: then it takes what fits into it, and asks the disk for nothing.
    pub(super) is_spare: bool,
}

impl Segment {
    /// Makes a new, empty one, which must not be there yet.
    pub(super) fn create(path: PathBuf, segment_bytes: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)?;
        // Its name must be as durable as what is going to be in it.
        path.parent().map_or(Ok(()), sync_directory)?;
        Ok(Self {
            path,
            file,
            position: 0,
            written: 0,
            ahead: ahead(segment_bytes),
            is_spare: false,
        })
    }

    /// Makes one of the spare file.
    pub(super) fn of_spare(spare: Spare, path: PathBuf) -> io::Result<Self> {
        let written = spare.bytes();
        Ok(Self {
            file: spare.rename(&path)?,
            path,
            position: 0,
            written,
            ahead: AHEAD_MAX,
            is_spare: true,
        })
    }

    /// Opens one to be written on from `position`.
    pub(super) fn open(path: PathBuf, position: u64, segment_bytes: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        let written = file.metadata()?.len();
        Ok(Self {
            path,
            file,
            position,
            written,
            ahead: ahead(segment_bytes),
            is_spare: false,
        })
    }

    /// Forgets what lies behind the position.
    pub(super) fn truncate(&mut self) -> io::Result<()> {
        self.file.set_len(self.position)?;
        self.written = self.position;
        self.file.sync_all()
    }

    /// Begins anew, over what is there.
    pub(super) fn rewind(&mut self) {
        self.position = 0;
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// How much is written ahead behind the position.
    pub(super) fn left(&self) -> u64 {
        self.written.saturating_sub(self.position)
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let end = self.position + bytes.len() as u64;
        if end > self.written {
            self.write_ahead(end)?;
        }
        self.file.write_all_at(bytes, self.position)?;
        self.position = end;
        Ok(())
    }

    fn write_ahead(&mut self, mut from: u64) -> io::Result<()> {
        let end = from.next_multiple_of(self.ahead);
        while from < end {
            let piece = (end - from).min(ZEROS.len() as u64);
            self.file.write_all_at(&ZEROS[..piece as usize], from)?;
            from += piece;
        }
        self.written = end;
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn ahead(segment_bytes: u64) -> u64 {
    segment_bytes.clamp(1, AHEAD_MAX)
}

pub(super) fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
