//! A file that has all its blocks: what is written to it needs nothing of the disk any more, and
//! no descriptor, for it is open.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::system::System;

/// Beside the segments, whose names are numbers.
const FILE: &str = "spare";
/// `st_blocks` counts in these, whatever the file system's blocks are.
const BLOCK: u64 = 512;

#[derive(Debug)]
pub(crate) struct Spare {
    file: File,
    path: PathBuf,
    bytes: u64,
    /// Its folder: to open that later may be too late.
    folder: File,
}

impl Spare {
    /// The one that an earlier life of the store left, if it is whole.
    pub(super) fn find(log: &Path, bytes: u64) -> Option<Self> {
        if bytes == 0 {
            return None;
        }
        let path = log.join(FILE);
        let file = OpenOptions::new().read(true).write(true).open(&path).ok()?;
        let about = file.metadata().ok()?;
        let is_whole = about.len() == bytes && about.blocks() * BLOCK >= bytes;
        let folder = File::open(log).ok()?;
        is_whole.then_some(Self {
            file,
            path,
            bytes,
            folder,
        })
    }

    pub(super) fn make(log: &Path, bytes: u64, system: &dyn System) -> io::Result<Self> {
        let path = log.join(FILE);
        let made = || {
            let folder = File::open(log)?;
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(true);
            let file = options.open(&path)?;
            system.allocate(&file, bytes)?;
            file.sync_all()?;
            folder.sync_all()?;
            Ok(Self {
                file,
                path: path.clone(),
                bytes,
                folder,
            })
        };
        made().inspect_err(|_| {
            // Half of it is of no use, and in the way of others.
            let _ = fs::remove_file(&path);
        })
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Gives it a name among the segments, durably.
    pub(crate) fn rename(self, path: &Path) -> io::Result<File> {
        fs::rename(&self.path, path)?;
        self.folder.sync_all()?;
        Ok(self.file)
    }
}
