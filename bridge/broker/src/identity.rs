//! Who a client is, and whose session it is.

use std::sync::Arc;

/// The role of clients that do not say who they are.
pub(crate) const ANONYMOUS: &str = "anonymous";

/// A session's name inside the broker. Client ids are longer, and of two identities may be
/// equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) u64);

/// By which listener a client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// The client in this process: where it is too slow, publishers wait.
    Internal,
    /// Every other client: what it is too slow for, it misses.
    External,
}

/// Who a client was found to be. Each has client ids of its own, so that nobody takes over or
/// reads the session of somebody else by calling itself alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    /// The client in this process.
    Internal,
    /// Somebody who has not said who they are, where that is allowed.
    Anonymous,
    Known {
        /// The broker's user; `None` for the holder of a token.
        user: Option<Arc<str>>,
        role: Arc<str>,
        subject: Arc<str>,
    },
}

impl Origin {
    pub(crate) fn is_internal(self) -> bool {
        self == Self::Internal
    }

    pub(crate) fn is_external(self) -> bool {
        self == Self::External
    }
}

impl Identity {
    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::Internal => Origin::Internal,
            Self::Anonymous | Self::Known { .. } => Origin::External,
        }
    }

    /// The role by which its rights are found; `None` for the internal client, which may do
    /// everything.
    pub(crate) fn role(&self) -> Option<&str> {
        match self {
            Self::Internal => None,
            Self::Anonymous => Some(ANONYMOUS),
            Self::Known { role, .. } => Some(role),
        }
    }

    /// What is its own; empty for one who is nobody in particular.
    pub(crate) fn subject(&self) -> &str {
        match self {
            Self::Internal | Self::Anonymous => "",
            Self::Known { subject, .. } => subject,
        }
    }
}
