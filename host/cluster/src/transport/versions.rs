//! The versions of the protocol between silos.
//!
//! While a cluster is brought to a newer program, silos of two versions share it. So each says which
//! range it speaks, and the highest common one is spoken:
//!
//! 1. a hello, a welcome, and frames
//! 2. both sides tell their limits, and an answer that is too large is told to whoever asked, instead
//!    of ending the connection
//! 3. a request that is not understood is answered so, instead of ending the connection with all that is
//!    under way on it; and other cells may be asked
//!
//! A new version gets a line here and a constant below; what differs asks
//! [`Agreed::version`](super::frame::Agreed) where a frame is written. Fields that are added to a frame need none:
//! they are passed over by those who do not know them. A new request needs one, and so does a new value of an
//! `enum` in a request or in what answers it: [`since`] has the version of each, and none is asked of a silo that
//! speaks an older one. Whoever wanted to ask does without.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::network::Request;

/// From here on limits are told, and answers that are too large.
pub(super) const TELLS_LIMITS: u16 = 2;
/// From here on a request that is not understood is answered.
pub(super) const TELLS_NOT_UNDERSTOOD: u16 = 3;

/// The version in which each request came.
pub(super) const fn since(request: &Request) -> u16 {
    match request {
        Request::Deliver { .. }
        | Request::Look { .. }
        | Request::Published(_)
        | Request::EventAfter { .. }
        | Request::Ping
        | Request::View(_)
        // Nobody could do without: an actor that has left memory would stay with an owner that is not asked.
        | Request::Release { .. } => 1,
        // Not all programs of the first version knew them, and it does not tell which did.
        Request::Prepare(_)
        | Request::PlanChanged(_)
        | Request::Load
        | Request::Rebalance { .. } => 2,
        // Other cells are asked by programs that know them.
        Request::Cell(_) => 3,
    }
}

/// A range of versions, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    pub oldest: u16,
    pub newest: u16,
}

impl Versions {
    /// What this program speaks.
    pub const SPOKEN: Self = Self {
        oldest: 1,
        newest: TELLS_NOT_UNDERSTOOD,
    };

    /// The highest that both speak.
    #[must_use]
    pub fn common(self, theirs: Self) -> Option<u16> {
        let best = self.newest.min(theirs.newest);
        (best >= self.oldest && best >= theirs.oldest).then_some(best)
    }
}

impl Versions {
    /// The same, and none that is newer than this.
    ///
    /// # Errors
    /// When it would speak none then.
    pub fn up_to(self, newest: u16) -> Result<Self, Self> {
        let is_spoken = (self.oldest..=self.newest).contains(&newest);
        is_spoken.then_some(Self { newest, ..self }).ok_or(self)
    }
}

impl fmt::Display for Versions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.oldest, self.newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_where_it_is_told_to_within_itself() {
        let spoken = Versions::SPOKEN;
        let of_first = spoken.up_to(1).expect("it is spoken");
        assert_eq!((of_first.oldest, of_first.newest), (1, 1));
        assert_eq!(spoken.up_to(0), Err(spoken));
        assert_eq!(spoken.up_to(spoken.newest + 1), Err(spoken));
    }

    #[test]
    fn the_highest_that_both_speak() {
        let of = |(oldest, newest)| Versions { oldest, newest };
        for (ours, theirs, expected) in [
            ((1, 2), (1, 2), Some(2)),
            ((1, 2), (1, 1), Some(1)),
            ((1, 2), (2, 9), Some(2)),
            ((2, 3), (1, 2), Some(2)),
            ((1, 2), (3, 9), None),
            ((3, 4), (1, 2), None),
            // A range that is none has nothing in common with any.
            ((1, 2), (2, 1), None),
        ] {
            assert_eq!(of(ours).common(of(theirs)), expected, "{ours:?} {theirs:?}");
            assert_eq!(of(theirs).common(of(ours)), expected, "{theirs:?} {ours:?}");
        }
    }
}
