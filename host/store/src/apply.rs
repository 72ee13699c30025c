//! Rules that are the same in every store: who may commit, what becomes of the
//! record, which names fit. Pure, so that no back end has its own version of them.

use pizza_types::{ActorId, ModuleDigest, SiloId, State};
use serde::{Deserialize, Serialize};

use crate::actors::ActorRecord;
use crate::commit::{Commit, CommitError};
use crate::members::Members;
use crate::reminders::DelayedKey;
use crate::retire::EndWrite;

/// Longest name of an entry, reminder, stream or stream key, in bytes. Guests choose
/// these names, and every back end puts them into keys.
pub const NAME_BYTES_MAX: usize = 1024;

/// The record without the state: all that a decision on a commit needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of commits so far.
    pub version: u64,
    pub epoch: u64,
    /// The silo whose commits are taken.
    pub owner: SiloId,
    /// The module of the last commit that a guest made; `None` when none did.
    pub module: Option<ModuleDigest>,
    /// When the actor ended, on the silo's durable clock, in milliseconds; `None` while it lives.
    pub ended_ms: Option<u64>,
}

impl Head {
    /// The head after `by` has opened the actor.
    ///
    /// # Errors
    /// The owner and its epoch, if it may be alive and has not released the actor.
    pub fn opened(self, by: &SiloId, members: &Members) -> Result<Self, (SiloId, u64)> {
        if self.owner != *by && !members.may_take(&self.owner, self.epoch) {
            return Err((self.owner, self.epoch));
        }
        // Who may write changes, and nothing of what was written.
        Ok(Self {
            epoch: self.epoch + 1,
            owner: by.clone(),
            ..self
        })
    }

    /// The head after `commit`, if the commit may be taken at all. Whether its message was
    /// handled before is to be asked first: a repeat has its answer, whoever owns the actor. Then
    /// whether it was retired. `floor` is the epoch floor of its shard.
    ///
    /// # Errors
    /// `Fenced` or `Stale` when another opening or commit came in between, `Refused`
    /// when a name of the commit cannot be stored.
    pub fn advanced(
        before: Option<&Self>,
        floor: u64,
        commit: &Commit,
    ) -> Result<Self, CommitError> {
        // An actor without a record is made by its first commit: one write less for each
        // actor that is made.
        if before.is_none() && commit.epoch == 0 && commit.version == 0 {
            check_names(commit)?;
            return Ok(Self {
                version: 1,
                // Above every epoch of a life that has ended: none of its commits fits again.
                epoch: floor + 1,
                owner: commit.owner.clone(),
                module: commit.module,
                ended_ms: ended(None, commit.ending),
            });
        }
        // The epoch first: after an opening by somebody else, the version says nothing. And the
        // owner: of two who found no record, each takes the one that is there for its own.
        let is_ours = |head: &&Self| head.epoch == commit.epoch && head.owner == commit.owner;
        let Some(head) = before.filter(is_ours) else {
            let (ours, current) = (commit.epoch, before.map_or(0, |head| head.epoch));
            return Err(CommitError::Fenced { ours, current });
        };
        // Under one opening this can only mean that a commit before this one was refused.
        if head.version != commit.version {
            let (ours, current) = (commit.version, head.version);
            return Err(CommitError::Stale { ours, current });
        }
        // Last: who may not commit at all need not hear what is wrong with the commit.
        check_names(commit)?;
        Ok(Self {
            version: head.version + 1,
            epoch: head.epoch,
            owner: head.owner.clone(),
            // A commit that says nothing of a module was none of a guest's.
            module: commit.module.or(head.module),
            ended_ms: ended(head.ended_ms, commit.ending),
        })
    }

    /// Whether the actor may be retired: it has ended, and nothing has happened since `version`.
    #[must_use]
    pub fn may_retire(&self, version: u64) -> bool {
        self.ended_ms.is_some() && self.version == version
    }

    /// The record, with the state that is kept apart from it.
    #[must_use]
    pub fn with_state(self, state: Option<State>) -> ActorRecord {
        ActorRecord {
            state,
            version: self.version,
            epoch: self.epoch,
            owner: self.owner,
            module: self.module,
            ended_ms: self.ended_ms,
        }
    }
}

fn ended(before: Option<u64>, ending: EndWrite) -> Option<u64> {
    match ending {
        EndWrite::Keep => before,
        EndWrite::Set(at_ms) => Some(at_ms),
        EndWrite::Clear => None,
    }
}

/// Key of the delayed message that the commit which made `version` wrote at `index`.
#[must_use]
pub fn delayed_key(actor: &ActorId, version: u64, index: u32) -> DelayedKey {
    DelayedKey {
        shard: actor.shard(),
        actor: actor.clone(),
        version,
        index,
    }
}

/// Whether every name in a commit can be stored.
///
/// # Errors
/// [`CommitError::Refused`] naming what does not fit.
pub fn check_names(commit: &Commit) -> Result<(), CommitError> {
    let entries = commit.entries.iter().map(|write| ("entry", &write.name));
    let reminders = commit.reminders.iter().map(|w| ("reminder", &w.name));
    let keys = || commit.leaving.events.iter().flat_map(|event| &event.keys);
    let streams = keys().map(|of| ("stream", &of.stream));
    let keys = keys().map(|of| ("stream key", &of.key));
    for (what, name) in entries.chain(reminders).chain(streams).chain(keys) {
        if name.len() > NAME_BYTES_MAX {
            let len = name.len();
            return Err(CommitError::Refused {
                detail: format!("a name of {what} has {len} bytes; at most {NAME_BYTES_MAX} fit"),
            });
        }
    }
    Ok(())
}
