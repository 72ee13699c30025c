//! What was last seen of each restaurant: a thousand screens of one cost no more than a few.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use pizza_types::Reply;
use tokio::time::Instant;

use crate::problem::Problem;

/// Beyond so many restaurants, those are forgotten at which nobody looks any more.
const KEPT: usize = 256;

/// What three actors have replied.
pub(crate) struct Seen {
    pub(crate) figures: Result<Reply, Problem>,
    pub(crate) stock: Option<Reply>,
    pub(crate) kitchen: Option<Reply>,
}

/// When it was, and what was seen. Locked while somebody looks.
pub(crate) type Shared = Arc<tokio::sync::Mutex<Option<(Instant, Arc<Seen>)>>>;

#[derive(Default)]
pub(crate) struct LastSeen(Mutex<HashMap<Arc<str>, Shared>>);

impl LastSeen {
    pub(crate) fn of(&self, id: &Arc<str>) -> Shared {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= KEPT {
            all.retain(|_, shared| Arc::strong_count(shared) > 1);
        }
        Arc::clone(all.entry(Arc::clone(id)).or_default())
    }
}
