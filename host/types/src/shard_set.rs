//! Some of the store's shards.

use crate::id::{SHARDS, ShardId};

const WORD_BITS: u16 = 64;
const WORDS: usize = (SHARDS / WORD_BITS) as usize;

/// A set of shards. Small enough to be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardSet([u64; WORDS]);

impl ShardSet {
    pub const NONE: Self = Self([0; WORDS]);
    pub const ALL: Self = Self([u64::MAX; WORDS]);

    #[must_use]
    pub fn one(shard: ShardId) -> Self {
        Self::from_iter([shard])
    }

    #[must_use]
    pub fn contains(&self, shard: ShardId) -> bool {
        let (word, bit) = at(shard);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Those in it, in order.
    pub fn iter(&self) -> impl Iterator<Item = ShardId> {
        (0..SHARDS)
            .map(ShardId)
            .filter(|shard| self.contains(*shard))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// Those that are in it and not in the other one.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut rest = *self;
        for (word, others) in rest.0.iter_mut().zip(other.0) {
            *word &= !others;
        }
        rest
    }

    /// Adds those of the other one.
    pub fn extend(&mut self, other: &Self) {
        for (word, others) in self.0.iter_mut().zip(other.0) {
            *word |= others;
        }
    }
}

impl FromIterator<ShardId> for ShardSet {
    fn from_iter<I: IntoIterator<Item = ShardId>>(shards: I) -> Self {
        let mut set = Self::NONE;
        for shard in shards {
            let (word, bit) = at(shard);
            if let Some(word) = set.0.get_mut(word) {
                *word |= bit;
            }
        }
        set
    }
}

fn at(shard: ShardId) -> (usize, u64) {
    (usize::from(shard.0 / WORD_BITS), 1 << (shard.0 % WORD_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_what_was_put_into_it() {
        let some = [0, 63, 64, 1_023].map(ShardId);
        let mut set: ShardSet = some.into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), some);
        assert!(set.contains(ShardId(64)) && !set.contains(ShardId(65)));
        assert_eq!((set.len(), ShardSet::ALL.len()), (4, usize::from(SHARDS)));
        let rest = set.without(&ShardSet::one(ShardId(63)));
        assert_eq!(rest.iter().collect::<Vec<_>>(), [0, 64, 1_023].map(ShardId));
        set.extend(&ShardSet::one(ShardId(7)));
        assert_eq!(
            set.without(&rest).iter().collect::<Vec<_>>(),
            [7, 63].map(ShardId)
        );
        assert!(ShardSet::NONE.is_empty() && !set.is_empty());
    }
}
