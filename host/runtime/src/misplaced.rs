//! How many actors of a silo belong to others: counted now and then, for it takes a look at each of them.

use parking_lot::Mutex;

/// How old a count may be that others are told, in milliseconds.
const COUNT_MS: u64 = 500;

/// The last count.
#[derive(Default)]
pub(crate) struct Misplaced(Mutex<Option<Count>>);

#[derive(Clone, Copy)]
struct Count {
    at_ms: u64,
    view_version: u64,
    misplaced: usize,
}

impl Misplaced {
    /// The count in this view, by `count` if there is none that is new enough.
    pub(crate) fn in_view(
        &self,
        view_version: u64,
        now_ms: u64,
        count: impl FnOnce() -> usize,
    ) -> usize {
        // Held while it is counted: many who ask at once are told of one count.
        let mut last = self.0.lock();
        let is_fresh = |last: &Count| {
            last.view_version == view_version && now_ms.saturating_sub(last.at_ms) < COUNT_MS
        };
        if let Some(last) = last.filter(is_fresh) {
            return last.misplaced;
        }
        let misplaced = count();
        *last = Some(Count {
            at_ms: now_ms,
            view_version,
            misplaced,
        });
        misplaced
    }
}
