//! Telling whoever guards a shard that a commit has left something there. It need not arrive: shards
//! are looked at now and then anyway. It makes what follows soon.

pub(crate) mod worker;

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use pizza_types::{ShardId, SiloId};
use tokio::sync::Notify;

#[derive(Default)]
pub(crate) struct Notices {
    /// What each silo is to be told next. Its presence says that somebody tells it.
    waiting: Mutex<BTreeMap<SiloId, Waiting>>,
    /// Told that there are reminders or delayed messages to be looked at.
    pub(crate) due: Notify,
}

#[derive(Default)]
struct Waiting {
    log: BTreeSet<ShardId>,
    due: bool,
}
