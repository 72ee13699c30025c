//! The nodes below a node, sorted by their first levels, no two of which are the same.
//!
//! Most nodes have none or a few below them, in one list. Where there are hundreds of thousands,
//! as of the orders of a year, they are in many lists, so that another one moves few.

use std::cmp::Ordering;

/// A list that has become longer is divided into two.
const LIST_MAX: usize = 128;

/// As large as a list: that is what most of them are.
pub(crate) enum Below<T> {
    /// In boxes: a new one moves the others' pointers, and not all of them.
    Few(Vec<Box<T>>),
    /// None of the lists is empty.
    #[expect(
        clippy::box_collection,
        reason = "it makes the whole no larger than the other variant"
    )]
    Many(Box<Vec<Vec<Box<T>>>>),
}

/// Which list, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(usize, usize);

impl<T> Default for Below<T> {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl<T> Below<T> {
    pub(crate) fn one(node: T) -> Self {
        Self::Few(vec![Box::new(node)])
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let (few, many) = match self {
            Self::Few(few) => (Some(few), None),
            Self::Many(many) => (None, Some(many)),
        };
        let lists = few
            .into_iter()
            .chain(many.into_iter().flat_map(|m| m.iter()));
        lists.flatten().map(|node| &**node)
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Few(few) => few.is_empty(),
            Self::Many(many) => many.is_empty(),
        }
    }

    /// Where the node is that is equal by `compare`, or would be.
    pub(crate) fn position(&self, compare: impl Fn(&T) -> Ordering) -> Result<Place, Place> {
        let (list, at) = match self {
            Self::Few(few) => (few, 0),
            Self::Many(many) => {
                let ends_before = |list: &Vec<Box<T>>| {
                    let last = list.last();
                    last.is_some_and(|last| compare(last).is_lt())
                };
                let at = many.partition_point(ends_before);
                // Behind all of them is the end of the last list.
                let at = at.min(many.len().saturating_sub(1));
                match many.get(at) {
                    Some(list) => (list, at),
                    None => return Err(Place(0, 0)),
                }
            }
        };
        let found = list.binary_search_by(|node| compare(node));
        found.map(|n| Place(at, n)).map_err(|n| Place(at, n))
    }

    pub(crate) fn at(&self, Place(list, at): Place) -> &T {
        match self {
            Self::Few(few) => &few[at],
            Self::Many(many) => &many[list][at],
        }
    }

    pub(crate) fn at_mut(&mut self, Place(list, at): Place) -> &mut T {
        match self {
            Self::Few(few) => &mut few[at],
            Self::Many(many) => &mut many[list][at],
        }
    }

    /// Adds a node where `position` has found that it would be; where it is then.
    pub(crate) fn insert(&mut self, Place(at, n): Place, node: T) -> Place {
        let node = Box::new(node);
        match self {
            Self::Few(few) => {
                few.insert(n, node);
                if few.len() <= LIST_MAX {
                    return Place(0, n);
                }
                *self = Self::Many(Box::new(vec![std::mem::take(few)]));
            }
            Self::Many(many) => match many.get_mut(at) {
                Some(list) => list.insert(n, node),
                None => many.push(vec![node]),
            },
        }
        self.divide(Place(at, n))
    }

    /// Divides the list of the place if it is too long; where the place is then.
    fn divide(&mut self, Place(at, n): Place) -> Place {
        if let Self::Many(many) = self
            && many[at].len() > LIST_MAX
        {
            let half = many[at].len() / 2;
            let second = many[at].split_off(half);
            many[at].shrink_to_fit();
            many.insert(at + 1, second);
            if n >= half {
                return Place(at + 1, n - half);
            }
        }
        Place(at, n)
    }

    pub(crate) fn remove(&mut self, Place(at, n): Place) {
        let list = match self {
            Self::Few(few) => few,
            Self::Many(many) => &mut many[at],
        };
        list.remove(n);
        if list.len() < list.capacity() / 4 {
            list.shrink_to(list.len() * 2);
        }
        if let Self::Many(many) = self
            && many[at].is_empty()
        {
            many.remove(at);
            if many.is_empty() {
                *self = Self::default();
            }
        }
    }

    /// The only node, taken out; `None`, and all stay, if there are more or none.
    pub(crate) fn take_only(&mut self) -> Option<T> {
        let only = match self {
            Self::Few(few) if few.len() == 1 => few.pop(),
            Self::Many(many) if many.len() == 1 && many[0].len() == 1 => many[0].pop(),
            _ => return None,
        };
        *self = Self::default();
        only.map(|node| *node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_no_larger_than_a_list() {
        assert_eq!(size_of::<Below<u8>>(), size_of::<Vec<u8>>());
    }
}
