//! A commit of which nobody has heard whether it was written: the actor's record tells.

use std::sync::Arc;

use pizza_store::{CommitError, Committed, StoreError};

use crate::silo::Core;
use crate::stage::Outputs;

/// How often a store that cannot be read is asked.
const LOOKS_MAX: u32 = 6;
const FIRST_PAUSE_MS: u64 = 50;

enum Fate {
    Written,
    /// Nor will it ever be.
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
    for look_at in 0..LOOKS_MAX {
        match look(core, outputs).await {
            Ok(Fate::Written) => {
                return Ok(Committed {
                    durability: core.store.durability(),
                    positions: Vec::new(),
                });
            }
            Ok(Fate::NotWritten) => return Err(CommitError::Refused { detail }),
            Ok(Fate::Unclear) => break,
            Err(error) => {
                tracing::warn!(actor = %outputs.actor, %error, "whether a commit was written cannot be read");
                core.pause(FIRST_PAUSE_MS << look_at).await;
            }
        }
    }
    Err(CommitError::Unknown { detail })
}

async fn look(core: &Core, outputs: &Outputs) -> Result<Fate, StoreError> {
    if outputs.epoch == 0 {
        return look_for_first(core, outputs).await;
    }
    let written = |version: u64| version >= outputs.version;
    let record = core.store.record(&outputs.actor).await?;
    // Under our claim nobody else can have moved the version on.
    if record.is_some_and(|record| record.epoch == outputs.epoch && written(record.version)) {
        return Ok(Fate::Written);
    }
    // It may still be on its way to the store: another claim shuts it out.
    let claimed = core.store.claim(&outputs.actor, &core.silo).await?.record;
    Ok(match claimed.epoch == outputs.epoch + 1 {
        true if written(claimed.version) => Fate::Written,
        true => Fate::NotWritten,
        false => Fate::Unclear,
    })
}

/// A first commit claims the actor itself, so the record's owner tells whose it was.
async fn look_for_first(core: &Core, outputs: &Outputs) -> Result<Fate, StoreError> {
    if let Some(record) = core.store.record(&outputs.actor).await? {
        let ours = record.epoch == 1 && record.owner == core.silo && record.version > 0;
        return Ok(if ours { Fate::Written } else { Fate::Unclear });
    }
    let claimed = core.store.claim(&outputs.actor, &core.silo).await?.record;
    // Nobody was before us, and no first commit can come after us.
    let first = claimed.epoch == 1 && claimed.version == 0;
    Ok(if first {
        Fate::NotWritten
    } else {
        Fate::Unclear
    })
}
