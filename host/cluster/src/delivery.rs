//! In which way a message is brought to its actor.

use serde::{Deserialize, Serialize};

/// How a message is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    /// Ask the guest, and commit what comes of it.
    Normal,
    /// Commit the host's part of the message without asking the guest: a reminder that
    /// is to be skipped moves on to its next time this way.
    SkipGuest,
    /// A dead letter once more. The cursor of its stream and the time of its reminder
    /// have moved past it: they do not tell whether it was handled, and it must not move
    /// them. Only its message id counts.
    Redelivery,
}
