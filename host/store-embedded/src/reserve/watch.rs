//! Looks how much room there is, ten times a second, and tries once a second whether there is some
//! again.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::spare::Spare;
use super::system::is_want;
use super::{Reserve, State};

/// How many descriptors are held. Nobody else takes so many at once: the limits of connections
/// see to it.
const DESCRIPTORS: usize = 16;
/// How long after the last try.
const AGAIN: Duration = Duration::from_secs(1);

impl Reserve {
    /// To be called ten times a second.
    pub(crate) fn look(&self) {
        if !self.is_full() {
            if let Err(reason) = self.want().and_then(|()| self.hold()) {
                self.begin(&reason);
            }
            return;
        }
        let failures = {
            let mut full = self.0.full.lock();
            if full.looked.is_some_and(|looked| looked.elapsed() < AGAIN) {
                return;
            }
            full.looked = Some(Instant::now());
            full.failures
        };
        match self.try_again() {
            Ok(()) => self.end(failures),
            // It may be another one than the one it began with.
            Err(reason) => self.0.full.lock().reason = Some(reason),
        }
    }

    /// # Errors
    /// What there is too little of.
    fn want(&self) -> Result<(), String> {
        self.free(self.0.free_bytes_min)?;
        let opened = self.0.system.descriptor();
        opened.map_or_else(
            |error| self.told("a file cannot be opened", &error),
            |_| Ok(()),
        )
    }

    fn free(&self, min: u64) -> Result<(), String> {
        match self.0.system.free_bytes(&self.0.dir) {
            Ok(free) if free < min => Err(format!(
                "{} MiB are free on the disk of {}, and the store needs {} MiB",
                free >> 20,
                self.0.dir.display(),
                min.div_ceil(1 << 20)
            )),
            // Who cannot be told how much there is finds out when there is none.
            _ => Ok(()),
        }
    }

    /// Takes what is held back, as far as it is not there.
    fn hold(&self) -> Result<(), String> {
        let mut spare = self.0.spare.lock();
        if spare.is_none() && self.0.spare_bytes > 0 {
            match Spare::make(&self.0.log, self.0.spare_bytes, &*self.0.system) {
                Ok(made) => {
                    self.set_left(made.bytes());
                    *spare = Some(made);
                }
                Err(error) => self.told("no spare segment can be made", &error)?,
            }
        }
        drop(spare);
        let mut held = self.0.descriptors.lock();
        while held.len() < DESCRIPTORS {
            match self.0.system.descriptor() {
                Ok(file) => held.push(file),
                Err(error) => {
                    self.told("a file cannot be opened", &error)?;
                    break;
                }
            }
        }
        Ok(())
    }

    /// An error that is no want of room is none of the reserve's.
    fn told(&self, what: &str, error: &std::io::Error) -> Result<(), String> {
        if is_want(error) {
            return Err(format!("{what}: {error}"));
        }
        tracing::debug!(what, %error, "the reserve is not complete");
        Ok(())
    }

    fn try_again(&self) -> Result<(), String> {
        // A little more than where it begins, so that it does not begin again at once.
        let min = self.0.free_bytes_min;
        let is_gone = self.0.spare.lock().is_none();
        let spare = if is_gone { self.0.spare_bytes } else { 0 };
        self.free(min + min / 4 + spare)?;
        let probed = self.0.system.probe(&self.0.dir);
        probed.or_else(|error| self.told("writing a little fails", &error))?;
        self.hold()?;
        if self.0.holds_up.load(Ordering::Relaxed) {
            return Err(String::from("a checkpoint still waits for room"));
        }
        Ok(())
    }

    fn end(&self, failures: u64) {
        let mut full = self.0.full.lock();
        if full.failures != failures {
            return;
        }
        let since = full.since.unwrap_or_else(Instant::now);
        let failures = full.failures;
        *full = State {
            failures,
            ..State::default()
        };
        self.0.is_full.store(false, Ordering::Relaxed);
        drop(full);
        let seconds = since.elapsed().as_secs();
        tracing::info!(seconds, "the store has room again");
    }
}
