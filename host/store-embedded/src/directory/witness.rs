//! What the database must contain. A journal that lost its end, or a directory put back
//! from an old copy, looks like a shorter but sound store; only somebody outside can tell.
//!
//! Two slots, a page each, are written in turn: sequence (u64), whether it was synced
//! (u8), boot id (16), BLAKE3 of these (16). Each is written after the commit is durable
//! and is not synced itself: behind is harmless, ahead cannot be.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::checksum::checksum;
use crate::error::OpenError;

pub(super) const FILE: &str = "acknowledged";

const FIELDS: usize = 8 + 1 + 16;
/// The length of a slot: its fields and a checksum of 16 bytes.
const SLOT: usize = FIELDS + 16;
/// A slot in a page of its own: the disk writes pages, and must not tear both slots at once.
const PAGE: u64 = 4096;

#[derive(Debug)]
pub(crate) struct Witness {
    path: PathBuf,
    file: File,
    newest: Slot,
    /// The slot that is written next, 0 or 1.
    turn: u64,
    boot: [u8; 16],
    /// Whether what is acknowledged survives the end of the kernel.
    is_synced: bool,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    sequence: u64,
    is_synced: bool,
    boot: [u8; 16],
}

impl Witness {
    pub(crate) fn create(dir: &Path) -> Result<(), OpenError> {
        let path = dir.join(FILE);
        let slot = Slot {
            sequence: 0,
            is_synced: true,
            boot: boot_id(),
        };
        let created = File::create(&path).and_then(|file| {
            file.write_all_at(&slot.bytes(), 0)?;
            file.write_all_at(&slot.bytes(), PAGE)?;
            file.sync_all()
        });
        created.map_err(OpenError::io("create", &path))
    }

    pub(crate) fn open(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(FILE);
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(OpenError::io("open", &path))?;
        let slots = [Slot::read(&file, 0), Slot::read(&file, PAGE)];
        let newest = slots.iter().flatten().max_by_key(|slot| slot.sequence);
        let Some(newest) = newest.copied() else {
            return Err(OpenError::damaged(&path, "no checksum in it matches"));
        };
        // The older slot is the one to overwrite; a broken one is older than any.
        let first = slots[0].map(|slot| slot.sequence);
        let turn = u64::from(first == Some(newest.sequence));
        Ok(Self {
            path,
            file,
            newest,
            turn,
            boot: boot_id(),
            is_synced: true,
        })
    }

    /// Says that what comes now is not synced.
    pub(crate) fn without_sync(&mut self) {
        self.is_synced = false;
    }

    /// The batch up to which everything was acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.newest.sequence
    }

    /// Whether the database may rightly have less than was acknowledged: it was
    /// acknowledged without an fsync, and the machine has started again since.
    pub(crate) fn may_be_ahead(&self) -> bool {
        !self.newest.is_synced && self.newest.boot != self.boot
    }

    pub(crate) fn missing(&self, found: u64, detail: &str) -> OpenError {
        OpenError::Missing {
            file: self.path.clone(),
            first: found + 1,
            last: self.newest.sequence,
            detail: detail.to_owned(),
        }
    }

    /// Everything up to this batch is about to be acknowledged.
    pub(crate) fn acknowledge(&mut self, sequence: u64) -> Result<(), String> {
        debug_assert!(sequence >= self.newest.sequence, "batches are numbered on");
        self.newest = Slot {
            sequence,
            is_synced: self.is_synced,
            boot: self.boot,
        };
        let written = self
            .file
            .write_all_at(&self.newest.bytes(), self.turn * PAGE);
        // The other slot next time: one that is torn leaves the one before.
        self.turn = 1 - self.turn;
        written.map_err(|error| format!("cannot write {}: {error}", self.path.display()))
    }
}

impl Slot {
    fn bytes(&self) -> [u8; SLOT] {
        let mut bytes = [0; SLOT];
        let (fields, sum) = bytes.split_at_mut(FIELDS);
        fields[..8].copy_from_slice(&self.sequence.to_le_bytes());
        fields[8] = u8::from(self.is_synced);
        fields[9..].copy_from_slice(&self.boot);
        sum.copy_from_slice(&checksum(fields));
        bytes
    }

    fn read(file: &File, at: u64) -> Option<Self> {
        let mut bytes = [0; SLOT];
        file.read_exact_at(&mut bytes, at).ok()?;
        let (fields, sum) = bytes.split_at(FIELDS);
        if checksum(fields) != *sum {
            return None;
        }
        Some(Self {
            sequence: u64::from_le_bytes(*fields.first_chunk()?),
            is_synced: fields[8] != 0,
            boot: *fields.last_chunk()?,
        })
    }
}

/// A number that changes when the machine starts; all zeros where it cannot be known.
fn boot_id() -> [u8; 16] {
    let text = std::fs::read("/proc/sys/kernel/random/boot_id");
    text.map_or([0; 16], |text| checksum(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_sound_slot_counts() {
        let dir = tempfile::tempdir().expect("a directory");
        Witness::create(dir.path()).expect("created");
        for sequence in 1..=5 {
            let mut witness = Witness::open(dir.path()).expect("opened");
            assert_eq!(witness.acknowledged(), sequence - 1);
            witness.acknowledge(sequence).expect("written");
        }
        let path = dir.path().join(FILE);
        let mut bytes = std::fs::read(&path).expect("read");
        let newest = Witness::open(dir.path()).expect("opened");
        let at = ((1 - newest.turn) * PAGE) as usize;
        bytes[at + 3] ^= 4;
        std::fs::write(&path, &bytes).expect("written");
        let witness = Witness::open(dir.path()).expect("one slot is left");
        assert_eq!(witness.acknowledged(), 4);
        bytes[((1 - witness.turn) * PAGE) as usize] ^= 1;
        std::fs::write(&path, &bytes).expect("written");
        let error = Witness::open(dir.path()).expect_err("none is left");
        assert!(
            error.to_string().contains("acknowledged is damaged"),
            "{error}"
        );
    }
}
