//! A commit in doubt: its answer was lost. It is sent again, which settles it: an owner commits
//! on each version of an epoch once, so a version that has passed was this very commit.

use std::sync::Arc;

use pizza_store::{Commit, CommitError, Committed};

use crate::core::Core;

/// How often it is sent again. With pauses that double, that is 3 seconds in all.
const TRIES_MAX: u32 = 6;
/// The pause before the second try, in milliseconds; each further one is twice as long.
const FIRST_PAUSE_MS: u64 = 50;

/// `first_epoch` is the one that a first commit takes, as the opening before it was told.
///
/// # Errors
/// `Stale` when nothing was written, `Unknown` when the store cannot tell.
pub(crate) async fn resolve(
    core: &Arc<Core>,
    commit: &Arc<Commit>,
    first_epoch: u64,
    mut detail: String,
) -> Result<Committed, CommitError> {
    for attempt in 0..TRIES_MAX {
        // It takes nothing any more, so it tells nothing.
        if core.store.stop_reason().is_some() {
            break;
        }
        match core.store.commit(Arc::clone(commit)).await {
            // That it is not taken again says nothing of the first time.
            Err(
                CommitError::Unknown { detail: again }
                | CommitError::Refused { detail: again }
                | CommitError::Full { detail: again },
            ) => detail = again,
            // By this very commit, or by one before it: then this one never was, and what it
            // would have left must not leave.
            Err(CommitError::Handled(stored)) => {
                if is_ours(core, commit, first_epoch).await {
                    return Ok(written(core, commit).await);
                }
                return Err(CommitError::Handled(stored));
            }
            Err(CommitError::Stale { ours, current }) if current > ours => {
                return Ok(written(core, commit).await);
            }
            // Somebody opened the actor since, and whether before or after the commit nobody
            // can say; but a first commit made the record, if its owner made it.
            Err(CommitError::Fenced { .. }) => {
                if made_by_us(core, commit, first_epoch).await {
                    return Ok(written(core, commit).await);
                }
                return Err(CommitError::Unknown { detail });
            }
            settled => return settled,
        }
        tracing::warn!(actor = %commit.actor, detail, "whether a commit was written is not known");
        core.pause(FIRST_PAUSE_MS << attempt).await;
    }
    Err(CommitError::Unknown { detail })
}

/// Whether what the record shows was written by this commit: only its owner commits under its epoch,
/// and on each version once.
async fn is_ours(core: &Core, commit: &Commit, first_epoch: u64) -> bool {
    let record = core.store.record(&commit.actor).await.ok().flatten();
    let has_passed = record
        .is_some_and(|record| record.epoch == commit.epoch && record.version > commit.version);
    has_passed || made_by_us(core, commit, first_epoch).await
}

/// A record of this owner's under this epoch was made by its first commit: to open it again would have
/// raised the epoch. Where the shard's floor was raised since the opening, nobody knows.
async fn made_by_us(core: &Core, commit: &Commit, first_epoch: u64) -> bool {
    if commit.epoch != 0 {
        return false;
    }
    let record = core.store.record(&commit.actor).await.ok().flatten();
    record.is_some_and(|record| record.epoch == first_epoch && record.owner == commit.owner)
}

/// The answer that was lost, with the entry of the log as it is found there.
async fn written(core: &Core, commit: &Commit) -> Committed {
    let shard = commit.actor.shard();
    let (mut after, mut log) = (0, None);
    while log.is_none()
        && let Ok(entries) = core.store.log(shard, after, 1_000).await
        && let Some(last) = entries.last()
    {
        after = last.key.number;
        let ours = |version, actor: &_| version == commit.version + 1 && *actor == commit.actor;
        let found = entries.iter().find(|e| ours(e.version, &e.actor));
        log = found.map(|entry| entry.key.number);
    }
    Committed {
        durability: core.store.durability(),
        log,
    }
}
