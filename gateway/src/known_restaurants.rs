//! Which restaurants exist, as far as this process has seen.

use std::collections::HashSet;
use std::sync::RwLock;

/// Ids of restaurants that have answered once. A restaurant is never deleted, so that an id in
/// here stays right; an id that is missing only costs one more question.
#[derive(Default)]
pub(crate) struct KnownRestaurants(RwLock<HashSet<Box<str>>>);

/// Ids come from clients, so that their number needs a bound; this many take about a megabyte.
const KNOWN_MAX: usize = 10_000;

impl KnownRestaurants {
    pub(crate) fn contains(&self, id: &str) -> bool {
        // A lock that a panic has poisoned costs one more question, and nothing else.
        self.0.read().is_ok_and(|known| known.contains(id))
    }

    pub(crate) fn insert(&self, id: &str) {
        if let Ok(mut known) = self.0.write() {
            // All are dropped at once: which of them are in use is not worth keeping track of.
            if known.len() >= KNOWN_MAX {
                known.clear();
            }
            known.insert(id.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_bound_and_the_newest_is_always_known() {
        let known = KnownRestaurants::default();
        for number in 0..=KNOWN_MAX {
            known.insert(&number.to_string());
            assert!(known.contains(&number.to_string()));
        }
        assert!(!known.contains("0"), "the set was emptied at its bound");
        let count = known.0.read().expect("not poisoned").len();
        assert_eq!(count, 1);
    }
}
