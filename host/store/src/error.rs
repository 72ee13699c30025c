//! How anything but a commit can fail.

/// Why a store could not do something else than a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store has stopped itself: after a failed write or fsync nothing it says can be relied
    /// on.
    #[error("the store has stopped: {reason}")]
    Poisoned { reason: String },
    /// What was read is not what was written.
    #[error("the store is damaged: {detail}")]
    Corrupt { detail: String },
    /// There is no room for it, and nothing was written. What takes no room, reads and removals, goes
    /// on; the rest goes on by itself when there is room again.
    #[error("{detail}")]
    Full { detail: String },
    /// This back end cannot do it.
    #[error("{detail}")]
    Unsupported { detail: &'static str },
    /// It did not happen, and may be tried again.
    #[error("{action}: {detail}")]
    Io {
        action: &'static str,
        detail: String,
    },
}
