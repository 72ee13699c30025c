//! The versions of the protocol between silos.
//!
//! While a cluster is brought to a newer program, silos of two versions share it. So each says which
//! range it speaks, and the highest common one is spoken:
//!
//! 1. a hello, a welcome, and frames
//! 2. both sides tell their limits, and an answer that is too large is told to whoever asked, instead
//!    of ending the connection
//!
//! A new version gets a line here and a constant below; what differs asks
//! [`Agreed::version`](super::frame::Agreed) where a frame is written. Fields that are added to a frame need none:
//! they are passed over by those who do not know them.

use std::fmt;

/// From here on limits are told, and answers that are too large.
pub(super) const TELLS_LIMITS: u16 = 2;

/// A range of versions, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    pub oldest: u16,
    pub newest: u16,
}

impl Versions {
    /// What this program speaks.
    pub const SPOKEN: Self = Self {
        oldest: 1,
        newest: TELLS_LIMITS,
    };

    /// The highest that both speak.
    #[must_use]
    pub fn common(self, theirs: Self) -> Option<u16> {
        let best = self.newest.min(theirs.newest);
        (best >= self.oldest && best >= theirs.oldest).then_some(best)
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
