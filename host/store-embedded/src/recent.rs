//! A bounded map of what was used lately.

use std::collections::HashMap;

/// Two generations: when the newer one is full it becomes the older one, and the
/// older one is dropped. What is used moves to the newer. No list, no clock.
#[derive(Debug)]
pub(crate) struct Recent<V> {
    newer: HashMap<Vec<u8>, V>,
    older: HashMap<Vec<u8>, V>,
    generation_max: usize,
}

impl<V> Recent<V> {
    pub(crate) fn new(entries_max: usize) -> Self {
        Self {
            newer: HashMap::new(),
            older: HashMap::new(),
            generation_max: entries_max / 2,
        }
    }

    pub(crate) fn get(&mut self, key: &[u8]) -> Option<&V> {
        // Moving it is what keeps it: what nobody asks for stays behind, and goes.
        if let Some((key, value)) = self.older.remove_entry(key) {
            self.insert(key, value);
        }
        self.newer.get(key)
    }

    pub(crate) fn remove(&mut self, key: &[u8]) {
        self.newer.remove(key);
        self.older.remove(key);
    }

    pub(crate) fn insert(&mut self, key: Vec<u8>, value: V) {
        if self.newer.len() >= self.generation_max && !self.newer.contains_key(&key) {
            self.older = std::mem::take(&mut self.newer);
        }
        // An older value of the same key must not come back when the newer one has gone.
        self.older.remove(&key);
        self.newer.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let mut recent = Recent::new(8);
        recent.insert(b"kept".to_vec(), 0);
        for number in 1..100_u8 {
            recent.insert(vec![number], number);
            assert_eq!(recent.get(b"kept"), Some(&0));
        }
        assert_eq!(recent.get(&[99]), Some(&99));
        assert_eq!(recent.get(&[1]), None);
        assert!(recent.newer.len() + recent.older.len() <= 8);
    }
}
