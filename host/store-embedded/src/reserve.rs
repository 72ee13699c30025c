//! Room that the store keeps back, so that it meets a full disk or an exhausted process before its
//! log does. While there is no room, what needs some is refused; reads go on, and so does all that
//! makes room. It ends by itself.
//!
//! - [`spare`]: a file of the log with all its blocks, for when the disk gives none
//! - [`system`]: what is asked of the system; tests put a full one there
//! - [`watch`]: looks how much room there is

mod spare;
mod system;
#[cfg(test)]
mod tests;
mod watch;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

pub(crate) use self::spare::Spare;
pub(crate) use self::system::{RealSystem, System, is_want};
use crate::options::Options;

/// What a request does to the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It adds rows.
    Room,
    /// A few bytes, without which nobody can read: an opening, a note of the silo's own.
    Little,
    /// It removes rows, and takes room in the log until they are gone.
    Less,
}

#[derive(Clone)]
pub(crate) struct Reserve(Arc<Shared>);

struct Shared {
    dir: PathBuf,
    log: PathBuf,
    system: Arc<dyn System>,
    /// How long the spare segment is; 0 for none.
    spare_bytes: u64,
    /// With less than this free there is no room.
    free_bytes_min: u64,
    /// Read for each request, so it is not behind the lock.
    is_full: AtomicBool,
    full: Mutex<State>,
    /// How much the log can still take without a byte from the disk, about.
    left: AtomicU64,
    spare: Mutex<Option<Spare>>,
    descriptors: Mutex<Vec<File>>,
    /// Whether a checkpoint waits for room.
    holds_up: AtomicBool,
}

#[derive(Default)]
struct State {
    reason: Option<String>,
    /// How often something failed for want of room: whether the room suffices is looked at without
    /// the lock, and may be known better meanwhile.
    failures: u64,
    since: Option<Instant>,
    looked: Option<Instant>,
}

impl fmt::Debug for Reserve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason();
        f.debug_struct("Reserve")
            .field("full", &reason)
            .finish_non_exhaustive()
    }
}

impl Reserve {
    /// The reserve of the store in `dir`, whose log lies in `log`. It is made at the first look.
    pub(crate) fn new(dir: &Path, log: &Path, options: &Options, system: Arc<dyn System>) -> Self {
        let spare_bytes = options.reserve_bytes;
        // One that is left from an earlier life is needed most where the disk is full at the start.
        let spare = Spare::find(log, spare_bytes);
        Self(Arc::new(Shared {
            dir: dir.to_owned(),
            log: log.to_owned(),
            system,
            spare_bytes,
            free_bytes_min: options.free_bytes_min,
            is_full: AtomicBool::new(false),
            full: Mutex::default(),
            left: AtomicU64::new(spare_bytes),
            spare: Mutex::new(spare),
            descriptors: Mutex::default(),
            holds_up: AtomicBool::new(false),
        }))
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.is_full.load(Ordering::Relaxed)
    }

    /// Why there is no room.
    pub(crate) fn reason(&self) -> Option<String> {
        if !self.is_full() {
            return None;
        }
        self.0.full.lock().reason.clone()
    }

    /// # Errors
    /// Why the request has to wait for room; nothing of it may be staged then.
    pub(crate) fn admit(&self, need: Need) -> Result<(), String> {
        if !self.is_full() {
            return Ok(());
        }
        // What waits in the queue takes its share of the spare segment, too, and removals must
        // not be stopped by what only reads.
        let (left, whole) = (self.0.left.load(Ordering::Relaxed), self.0.spare_bytes);
        let is_admitted = match need {
            Need::Room => false,
            Need::Little => left > whole / 2,
            Need::Less => left > whole / 4,
        };
        if is_admitted {
            return Ok(());
        }
        Err(self
            .reason()
            .unwrap_or_else(|| String::from("there was no room a moment ago")))
    }

    /// Something failed for want of room, or is about to.
    pub(crate) fn begin(&self, reason: &str) {
        let mut full = self.0.full.lock();
        full.failures += 1;
        if full.reason.is_some() {
            return;
        }
        full.reason = Some(reason.to_owned());
        full.since = Some(Instant::now());
        full.looked = full.since;
        self.0.is_full.store(true, Ordering::Relaxed);
        drop(full);
        // For what the process cannot do without: a file of the database that is read.
        self.0.descriptors.lock().clear();
        tracing::warn!(
            reason,
            "the store is full: what needs room is refused, until there is some"
        );
    }

    /// The spare segment, when the log gets no room from the disk: the store is full from here.
    pub(crate) fn take_spare(&self, reason: &str) -> Option<Spare> {
        self.begin(reason);
        self.0.spare.lock().take()
    }

    /// How much the log can still take without a byte from the disk.
    pub(crate) fn set_left(&self, bytes: u64) {
        self.0.left.store(bytes, Ordering::Relaxed);
    }

    /// Whether the disk has so much. What cannot be asked is tried.
    pub(crate) fn has_room(&self, bytes: u64) -> bool {
        let free = self.0.system.free_bytes(&self.0.dir);
        free.map_or(true, |free| free >= bytes)
    }

    /// Says whether a checkpoint waits for room: without it the log cannot be used again.
    pub(crate) fn set_holds_up(&self, holds_up: bool) {
        self.0.holds_up.store(holds_up, Ordering::Relaxed);
    }
}

/// What went wrong for want of room, which passes, or otherwise, which does not.
#[derive(Debug)]
pub(crate) enum Trouble {
    NoRoom(String),
    Final(String),
}

impl Trouble {
    /// What an error of the database is, in words of the one who saw it.
    pub(crate) fn of(error: &fjall::Error, told: String) -> Self {
        let cause: Option<&io::Error> = match error {
            fjall::Error::Io(cause) | fjall::Error::Storage(fjall::LsmError::Io(cause)) => {
                Some(cause)
            }
            _ => None,
        };
        if cause.is_some_and(is_want) {
            Self::NoRoom(told)
        } else {
            Self::Final(told)
        }
    }

    /// What it says.
    pub(crate) fn into_reason(self) -> String {
        match self {
            Self::NoRoom(reason) | Self::Final(reason) => reason,
        }
    }
}
