//! Notices what fails behind the committer's back. The database flushes and merges its
//! tables on a thread of its own: when that dies of an error, the database says so to the
//! next write only, and a write that waits for it at that time waits for ever. So somebody
//! looks, and answers those who wait.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use fjall::PersistMode;

use crate::committer::Work;
use crate::last_words;
use crate::poison::Poison;
use crate::table::Database;

/// How often the database is looked at: a failure is known within a second, with room for
/// a machine that is busy.
const LOOK: Duration = Duration::from_millis(100);
const PROBE_BYTES: usize = 64 << 10;

/// Looks until it is dropped.
pub(crate) struct Guard {
    /// Dropped to end the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Guard {
    pub(crate) fn start(
        db: Arc<Database>,
        poison: Poison,
        work: Arc<Work>,
        dir: &Path,
    ) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let dir = dir.to_owned();
        let thread = std::thread::Builder::new().name(String::from("store-guard"));
        let thread = thread.spawn(move || look(&db, &poison, &work, &dir, &stopped))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn look(db: &Database, poison: &Poison, work: &Work, dir: &Path, stopped: &Receiver<()>) {
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(LOOK) {
        match poison.reason() {
            // The committer had the time since the last look to answer by itself.
            Some(reason) => {
                work.resolve(Some(reason));
                work.refuse_waiting(reason);
            }
            // Writes what the committer has handed over, as the committer itself does; it
            // says first whether the database has stopped.
            None => {
                if let Err(error) = db.fjall().persist(PersistMode::Buffer) {
                    poison.set(&told(&error, dir));
                }
            }
        }
    }
}

/// What an error of the database means. One of its own thread's is known to its log only, and
/// the disk is asked, too.
pub(crate) fn told(error: &fjall::Error, dir: &Path) -> String {
    match error {
        fjall::Error::Poisoned => {
            let told = last_words::heard();
            let told = told.unwrap_or_else(|| String::from("it has not said why"));
            let tried = probe(dir).map_or_else(
                |error| format!("writing beside it fails, too: {error}"),
                |()| String::from("writing beside it works"),
            );
            format!("the database's work in the background failed: {told}; {tried}")
        }
        fjall::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

fn probe(dir: &Path) -> io::Result<()> {
    let path: PathBuf = dir.join("probe");
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&[0; PROBE_BYTES])?;
        file.sync_all()
    });
    // It may not be there.
    drop(fs::remove_file(&path));
    written
}
