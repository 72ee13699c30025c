//! A commit in doubt: its answer was lost, and the actor's record in the store tells whether
//! it was written.

use std::sync::Arc;

use pizza_store::{CommitError, Committed, StoreError};

use crate::core::Core;
use crate::stage::Outputs;

/// How often a store that cannot be read is asked. With pauses that double, that is 3 seconds in
/// all.
const READS_MAX: u32 = 6;
/// The pause after the first reading that failed, in milliseconds; each further one is twice as
/// long.
const FIRST_PAUSE_MS: u64 = 50;

enum CommitOutcome {
    /// The record in the store has it.
    Written,
    /// It was not written, and never will be.
    NotWritten,
    /// Others have claimed the actor since, so that its version tells nothing any more.
    Unclear,
}

/// # Errors
/// `Refused` when nothing was written, `Unknown` when even the store cannot tell.
pub(crate) async fn resolve(
    core: &Arc<Core>,
    outputs: &Outputs,
    detail: String,
) -> Result<Committed, CommitError> {
    for attempt in 0..READS_MAX {
        match read_outcome(core, outputs).await {
            Ok(CommitOutcome::Written) => {
                return Ok(Committed {
                    durability: core.store.durability(),
                    positions: Vec::new(),
                });
            }
            Ok(CommitOutcome::NotWritten) => return Err(CommitError::Refused { detail }),
            Ok(CommitOutcome::Unclear) => break,
            Err(error) => {
                tracing::warn!(actor = %outputs.actor, %error, "whether a commit was written cannot be read");
                core.pause(FIRST_PAUSE_MS << attempt).await;
            }
        }
    }
    Err(CommitError::Unknown { detail })
}

async fn read_outcome(core: &Core, outputs: &Outputs) -> Result<CommitOutcome, StoreError> {
    if outputs.epoch == 0 {
        return read_outcome_of_first(core, outputs).await;
    }
    let written = |version: u64| version >= outputs.version;
    let record = core.store.record(&outputs.actor).await?;
    // Under our claim nobody else can have moved the version on.
    if record.is_some_and(|record| record.epoch == outputs.epoch && written(record.version)) {
        return Ok(CommitOutcome::Written);
    }
    // It may still be on its way to the store: another claim shuts it out.
    let claimed = core.store.claim(&outputs.actor, &core.silo).await?.record;
    // The claim before ours was the one we wrote under: nobody came in between.
    let ours_was_last = claimed.epoch == outputs.epoch + 1;
    Ok(if !ours_was_last {
        CommitOutcome::Unclear
    } else if written(claimed.version) {
        CommitOutcome::Written
    } else {
        CommitOutcome::NotWritten
    })
}

/// A first commit claims the actor itself, so the record's owner tells whose it was.
async fn read_outcome_of_first(
    core: &Core,
    outputs: &Outputs,
) -> Result<CommitOutcome, StoreError> {
    if let Some(record) = core.store.record(&outputs.actor).await? {
        let ours = record.epoch == 1 && record.owner == core.silo && record.version > 0;
        return Ok(if ours {
            CommitOutcome::Written
        } else {
            CommitOutcome::Unclear
        });
    }
    let claimed = core.store.claim(&outputs.actor, &core.silo).await?.record;
    // Nobody was before us, and no first commit can come after us.
    let first = claimed.epoch == 1 && claimed.version == 0;
    Ok(if first {
        CommitOutcome::NotWritten
    } else {
        CommitOutcome::Unclear
    })
}
