//! Notices what fails behind the committer's back. The database flushes and merges its
//! tables on a thread of its own: when that dies of an error, the database says so to the
//! next write only, and a write that waits for it at that time waits for ever. So somebody
//! looks, and answers those who wait.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use fjall::PersistMode;

use crate::committer::Committer;
use crate::diagnosis;
use crate::poison::Poison;
use crate::table::Database;

/// How often the database is looked at: a failure is known within a second, with room for
/// a machine that is busy.
const LOOK: Duration = Duration::from_millis(100);

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
        committer: Committer,
        dir: &Path,
    ) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let dir = dir.to_owned();
        let thread = std::thread::Builder::new().name(String::from("store-guard"));
        let thread = thread.spawn(move || look(&db, &poison, &committer, &dir, &stopped))?;
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
            // It does not panic; if it did, there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

fn look(db: &Database, poison: &Poison, committer: &Committer, dir: &Path, stopped: &Receiver<()>) {
    // Ends when the sender is dropped, and not only at the next look.
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(LOOK) {
        match poison.reason() {
            // The thread that writes had the time since the last look to answer by itself.
            Some(reason) => committer.fail(reason),
            // Writes what the checkpoint has handed over; it says first whether the database has
            // stopped.
            None => {
                if let Err(error) = db.fjall().persist(PersistMode::Buffer) {
                    poison.set(&diagnosis::explain(&error, dir));
                }
            }
        }
    }
}
