//! Shards change hands with each view of the cluster: what this silo guards from now on it takes up, what it does
//! no longer guard it forgets. And now and then it looks whether others have left something that it
//! was not told of.

use std::sync::Arc;

use pizza_store::StoreError;
use pizza_types::ShardSet;

use crate::core::Core;
use crate::{cells, guardian, notices, reminders, streams};

/// How often it is looked, in milliseconds: so late may be what a notice got lost of.
const LOOK_MS: u64 = 500;
/// Subscribers are looked at once in so many times: it takes a look at all of their streams.
const LOOKS_A_RESUMPTION: u32 = 20;

/// Guards the shards whose home this silo is, until it stops.
pub(crate) async fn run(core: Arc<Core>) {
    let mut changes = core.membership.changes();
    let mut mine = ShardSet::NONE;
    // Whether streams of shards that came are still to be taken up: a look that fails leaves the debt.
    let mut owes_resumption = true;
    let mut looks: u32 = 0;
    core.guarded.looked(core.clock.now_ms());
    loop {
        let homes = changes.borrow_and_update().homes.clone();
        let now = homes.shards_of(core.membership.me());
        for lost in mine.without(&now).iter() {
            core.guarded.forget(lost);
            core.outbox.forget(lost);
        }
        owes_resumption |= !now.without(&mine).is_empty();
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
        owes_resumption |= looks.is_multiple_of(LOOKS_A_RESUMPTION);
        let begun_ms = core.clock.now_ms();
        match look(&core, &mine, owes_resumption).await {
            Ok(()) => {
                owes_resumption = false;
                core.guarded.looked(begun_ms);
            }
            Err(error) => tracing::error!(%error, "guarded shards cannot be read yet"),
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

async fn look(core: &Arc<Core>, mine: &ShardSet, resumes: bool) -> Result<(), StoreError> {
    if resumes {
        cells::watch::count_all(core).await?;
    }
    // Side by side: a store that is far away is asked once. None is given up because another one fails.
    let (logs, delayed, reminders) = tokio::join!(
        core.store.log_shards(mine),
        guardian::take_up_delayed(core),
        reminders::horizon::read_again(core),
    );
    notices::worker::look(core, &logs?, false);
    delayed?;
    reminders?;
    if resumes {
        streams::pump::resume(core).await?;
    }
    Ok(())
}
