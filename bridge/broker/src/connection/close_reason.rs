//! Why a connection is over.

use std::io;
use std::time::Duration;

use crate::metrics;
use crate::packet::{Refused, reason};

#[derive(Debug)]
pub(crate) enum CloseReason {
    /// The client has sent a DISCONNECT.
    Disconnect {
        with_will: bool,
        /// Another expiry of the session than CONNECT has asked for.
        expiry: Option<Duration>,
    },
    /// The client has broken a rule or a limit.
    Refused(Refused),
    Broken(io::Error),
    /// The session is another connection's.
    TakenOver,
    /// The broker stops.
    Closing,
}

impl From<Refused> for CloseReason {
    fn from(why: Refused) -> Self {
        Self::Refused(why)
    }
}

impl From<io::Error> for CloseReason {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl CloseReason {
    pub(crate) fn log(&self) {
        match self {
            Self::Refused(refused) => {
                metrics::refused(refused.why);
                tracing::debug!(why = refused.why, "a client is refused");
            }
            Self::Broken(error) => tracing::debug!(%error, "a client is gone"),
            other => tracing::debug!(end = ?other, "a client is gone"),
        }
    }

    pub(crate) fn is_disconnect(&self) -> bool {
        matches!(self, Self::Disconnect { .. })
    }

    /// Whether the connection may be over although the client has sent a DISCONNECT, which was
    /// not read yet: not where the client itself has ended it by what it has sent.
    pub(crate) fn may_overtake_a_disconnect(&self) -> bool {
        match self {
            Self::TakenOver | Self::Broken(_) => true,
            Self::Refused(refused) => refused.reason == reason::BUSY,
            Self::Disconnect { .. } | Self::Closing => false,
        }
    }

    /// What the client is told; `None` where it has left already.
    pub(crate) fn code(&self) -> Option<u8> {
        match self {
            Self::Disconnect { .. } | Self::Broken(_) => None,
            Self::Refused(refused) => Some(refused.reason),
            Self::TakenOver => Some(reason::TAKEN_OVER),
            Self::Closing => Some(reason::SHUTTING_DOWN),
        }
    }

    /// Whether the client's will is published.
    pub(crate) fn with_will(&self) -> bool {
        match self {
            Self::Disconnect { with_will, .. } => *with_will,
            Self::Refused(_) | Self::Broken(_) | Self::TakenOver => true,
            // The broker has cut the connection, so nothing is known against the client.
            Self::Closing => false,
        }
    }

    pub(crate) fn expiry(&self) -> Option<Duration> {
        match self {
            Self::Disconnect { expiry, .. } => *expiry,
            _ => None,
        }
    }
}
