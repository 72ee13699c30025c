//! Looks after the store behind the committer's back: how much room there is, and whether the
//! store has stopped while somebody still waits for an answer. Whoever should have given it may hang
//! in the database for ever.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::committer::Committer;
use crate::poison::Poison;
use crate::reserve::Reserve;

/// How often it looks: a failure is answered within a second, with room for a machine that is busy.
const LOOK: Duration = Duration::from_millis(100);

/// Looks until it is dropped.
pub(crate) struct Guard {
    /// Dropped to end the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Guard {
    pub(crate) fn start(
        poison: Poison,
        committer: Committer,
        reserve: Reserve,
    ) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new().name(String::from("store-guard"));
        let thread = thread.spawn(move || look(&poison, &committer, &reserve, &stopped))?;
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

fn look(poison: &Poison, committer: &Committer, reserve: &Reserve, stopped: &Receiver<()>) {
    // Ends when the sender is dropped, and not only at the next look.
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(LOOK) {
        match poison.reason() {
            // The thread that writes had the time since the last look to answer by itself.
            Some(reason) => committer.fail(reason),
            None => reserve.look(),
        }
    }
}
