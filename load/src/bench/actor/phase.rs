//! What is asked of actors, one kind after the other.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Create,
    Read,
    Change,
    /// All callers change one actor.
    Hot,
}

impl Phase {
    pub(super) const ALL: [Self; 4] = [Self::Create, Self::Read, Self::Change, Self::Hot];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Change => "change",
            Self::Hot => "one hot key",
        }
    }
}
