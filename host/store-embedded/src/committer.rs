//! Commits in their order. Whoever asks for one decides it, under one lock, against all that is
//! staged before it: its rows go into memory and into a record, and from then on nothing refuses
//! it but the end of the store. A thread ([`writer`]) writes what was staged, syncs once,
//! publishes, and answers in the order of asking; what is staged meanwhile is its next group.
//!
//! An opening is answered as soon as it is staged: the log keeps its order, so it is durable no
//! later than any commit under it.

mod caches;
mod disk;
mod former;
mod prepare;
mod request;
mod retire;
mod staging;
#[cfg(test)]
mod tests;
mod writer;

use std::sync::Arc;

use parking_lot::{Condvar, Mutex, MutexGuard};
use pizza_store::{CommitError, Committed, Members, Retirement, StoreError};
use pizza_types::{Durability, SiloId};
use tokio::sync::oneshot;

pub(crate) use self::disk::Disk;
pub(crate) use self::prepare::Prepared;
pub(crate) use self::request::OpenedHead;
use self::request::Request;
pub(crate) use self::staging::Written;
use self::staging::{Limits, Refused, Staging};
pub(crate) use self::writer::{Threads, Writer};
use crate::changes::RowChange;
use crate::memory::Memory;
use crate::options::Options;
use crate::poison::{Poison, PoisonOnPanic};
use crate::sweep::Found;

/// Decides requests in their order. All clones are one.
#[derive(Clone)]
pub(crate) struct Committer(Arc<Shared>);

struct Shared {
    staging: Mutex<Staging>,
    /// Told when there is something to write, or when nothing will come any more.
    staged: Condvar,
    memory: Memory,
    poison: Poison,
    durability: Durability,
    limits: Limits,
}

impl Committer {
    /// `sequence` is the number of the last record.
    pub(crate) fn new(
        memory: &Memory,
        poison: &Poison,
        sequence: u64,
        durability: Durability,
        options: &Options,
    ) -> Self {
        Self(Arc::new(Shared {
            staging: Mutex::new(Staging::new(sequence)),
            staged: Condvar::new(),
            memory: memory.clone(),
            poison: poison.clone(),
            durability,
            limits: Limits::new(options),
        }))
    }

    /// Opens an actor for a silo.
    ///
    /// # Errors
    /// When the store takes nothing, or cannot read what it has.
    pub(crate) fn open(
        &self,
        actor: Vec<u8>,
        by: &SiloId,
        members: &Members,
    ) -> Result<OpenedHead, StoreError> {
        let refused = |refused: Refused| refused.of("open an actor");
        let mut staging = self.admit(0).map_err(refused)?;
        let _guard = self.guard();
        let mut request = Request::new(&self.0.memory, &mut staging);
        let opened = request.open(actor, by, members)?;
        let (record, _) = request.finish();
        let is_full = staging.add_unanswered(record);
        // Nobody waits for it, so it may wait for company.
        if is_full {
            self.wake(staging);
        }
        Ok(opened)
    }

    /// Decides a commit, and stages it if it is taken.
    ///
    /// # Errors
    /// Why nothing of it was staged.
    pub(crate) fn commit(
        &self,
        prepared: Prepared,
        actor: Vec<u8>,
    ) -> Result<(Committed, Written), CommitError> {
        let bytes = prepared.bytes();
        let staging = self.admit(bytes);
        let staging = staging.map_err(|refused| CommitError::Refused {
            detail: refused.to_string(),
        })?;
        self.stage(staging, bytes, |request| {
            let log = request.commit(prepared, actor)?;
            let durability = self.0.durability;
            Ok(Committed { durability, log })
        })
    }

    /// Stages rows as they are; `sync` says whether they must be durable before it is answered.
    ///
    /// # Errors
    /// When the store takes nothing.
    pub(crate) fn write(
        &self,
        action: &'static str,
        rows: Vec<RowChange>,
        sync: bool,
    ) -> Result<((), Written), StoreError> {
        let row_bytes =
            |(_, key, value): &RowChange| key.len() + value.as_ref().map_or(0, |v| v.len());
        let bytes = rows.iter().map(row_bytes).sum();
        let staging = self.admit(bytes).map_err(|refused| refused.of(action))?;
        self.stage(staging, bytes, |request| {
            request.write(rows, sync);
            Ok(())
        })
    }

    /// Adds a dead letter; answers with its number.
    ///
    /// # Errors
    /// When the store takes nothing.
    pub(crate) fn add_dead_letter(&self, letter: Vec<u8>) -> Result<(u64, Written), StoreError> {
        let bytes = letter.len();
        let refused = |refused: Refused| refused.of("keep a dead letter");
        let staging = self.admit(bytes).map_err(refused)?;
        self.stage(
            staging,
            bytes,
            |request| Ok(request.add_dead_letter(letter)),
        )
    }

    /// Removes dedupe rows, if they are still expired, events, and streams, if they are still
    /// silent; answers with how many rows.
    ///
    /// # Errors
    /// When the store takes nothing, or cannot read what it has.
    pub(crate) fn forget(&self, found: Found, now_ms: u64) -> Result<(usize, Written), StoreError> {
        let refused = |refused: Refused| refused.of("forget old rows");
        let staging = self.admit(0).map_err(refused)?;
        self.stage(staging, 0, |request| request.forget(found, now_ms))
    }

    /// Retires actors; answers with which of them it did.
    ///
    /// # Errors
    /// When the store takes nothing, or cannot read what it has.
    pub(crate) fn retire(
        &self,
        retirements: Vec<Retirement>,
    ) -> Result<(Vec<bool>, Written), StoreError> {
        let refused = |refused: Refused| refused.of("retire actors");
        let staging = self.admit(0).map_err(refused)?;
        self.stage(staging, 0, |request| request.retire(retirements))
    }

    /// The number of the last record that is staged.
    pub(crate) fn sequence(&self) -> u64 {
        self.0.staging.lock().sequence()
    }

    /// Resolves when all that is staged is written; `None` when nothing is.
    pub(crate) fn tail(&self) -> Option<Written> {
        if let Some(reason) = self.0.poison.reason() {
            // What was staged is lost, and nobody may tell of it.
            let (answer, written) = oneshot::channel();
            let _ = answer.send(Err(reason.to_owned()));
            return Some(written);
        }
        self.0.staging.lock().tail()
    }

    /// Refuses what comes from now on, and lets the thread that writes end.
    pub(crate) fn close(&self) {
        let mut staging = self.0.staging.lock();
        staging.close();
        self.wake(staging);
    }

    /// Answers all that is staged: the store has stopped.
    pub(crate) fn fail(&self, reason: &str) {
        self.answer_to(u64::MAX, Some(reason));
    }

    /// Answers requests up to this one; `failed` says why they may not be there.
    fn answer_to(&self, last: u64, failed: Option<&str>) {
        // Sent without the lock: each wakes somebody, who may want it.
        let answers = self.0.staging.lock().take_answers(last);
        for answer in answers {
            let written = failed.map_or(Ok(()), |reason| Err(reason.to_owned()));
            // Whoever asked may have gone.
            let _ = answer.send(written);
        }
    }

    fn admit(&self, bytes: usize) -> Result<MutexGuard<'_, Staging>, Refused> {
        if let Some(reason) = self.0.poison.reason() {
            return Err(Refused::Poisoned(reason.to_owned()));
        }
        let staging = self.0.staging.lock();
        staging.admit(bytes, self.0.limits)?;
        Ok(staging)
    }

    fn stage<T, E>(
        &self,
        mut staging: MutexGuard<'_, Staging>,
        bytes: usize,
        decide: impl FnOnce(&mut Request<'_>) -> Result<T, E>,
    ) -> Result<(T, Written), E> {
        let _guard = self.guard();
        let mut request = Request::new(&self.0.memory, &mut staging);
        let decided = decide(&mut request)?;
        let (record, sync) = request.finish();
        let written = staging.add(record, sync, bytes);
        self.wake(staging);
        Ok((decided, written))
    }

    fn wake(&self, mut staging: MutexGuard<'_, Staging>) {
        let waits = staging.writer_is_woken();
        drop(staging);
        if waits {
            self.0.staged.notify_one();
        }
    }

    /// A panic in the middle leaves rows in memory that no record has.
    fn guard(&self) -> PoisonOnPanic {
        PoisonOnPanic::new(&self.0.poison, "a request panicked while it was staged")
    }
}
