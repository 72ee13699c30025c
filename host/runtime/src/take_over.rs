//! Shards change hands with each view of the cluster: what this silo guards from now on it takes up, what it does
//! no longer guard it forgets. And now and then it looks whether others have left something that it
//! was not told of.

use std::collections::BTreeSet;
use std::sync::Arc;

use pizza_store::StoreError;
use pizza_types::ShardId;

use crate::core::Core;
use crate::{guardian, notices, reminders, streams};

/// How often it is looked, in milliseconds: so late may be what a notice got lost of.
const LOOK_MS: u64 = 500;
/// Subscribers are looked at once in so many times: it takes a look at all of their streams.
const LOOKS_A_RESUMPTION: u32 = 20;

/// Guards the shards whose home this silo is, until it stops.
pub(crate) async fn run(core: Arc<Core>) {
    let mut changes = core.membership.changes();
    let mut mine = BTreeSet::new();
    let mut looks: u32 = 0;
    loop {
        let homes = changes.borrow_and_update().homes.clone();
        let now: BTreeSet<ShardId> = homes.shards_of(core.membership.me()).into_iter().collect();
        for lost in mine.difference(&now) {
            core.guarded.forget(*lost);
        }
        let has_gained = !now.is_subset(&mine);
        if now != mine {
            tracing::info!(
                shards = now.len(),
                before = mine.len(),
                "shards are guarded"
            );
            // Who watches a stream looks anew whom to ask for it.
            core.streams.wake_all();
        }
        mine = now;
        let resumes = has_gained || looks.is_multiple_of(LOOKS_A_RESUMPTION);
        if let Err(error) = look(&core, resumes).await {
            tracing::error!(%error, "guarded shards cannot be read yet");
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            biased;
            _ = changes.changed() => {}
            () = core.notices.due.notified() => {}
            () = core.pause(LOOK_MS) => {}
        }
    }
}

async fn look(core: &Arc<Core>, resumes: bool) -> Result<(), StoreError> {
    notices::worker::look(core, &core.store.log_shards().await?, false);
    guardian::take_up_delayed(core).await?;
    reminders::horizon::read_again(core).await?;
    if resumes {
        streams::pump::resume(core).await?;
    }
    Ok(())
}
