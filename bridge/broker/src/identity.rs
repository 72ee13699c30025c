//! Whose session it is.

/// A session's name inside the broker. Client ids are longer, and of two origins may be equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) u64);

/// By which listener a client has come. Each origin has client ids of its own, so that no
/// external client can take over the bridge's session by calling itself like the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// The client in this process: where it is too slow, publishers wait.
    Internal,
    /// Every other client: what it is too slow for, it misses.
    External,
}

impl Origin {
    pub(crate) fn is_internal(self) -> bool {
        self == Self::Internal
    }

    pub(crate) fn is_external(self) -> bool {
        self == Self::External
    }
}
