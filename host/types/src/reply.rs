//! What a caller gets back, with the durability that was obtained for it.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// How much an acknowledged change survives. Never claimed above what was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// It is gone with the process.
    Memory,
    /// It survives kill -9 of the process.
    Process,
    /// It survives power loss.
    Fsync,
    /// When it was acknowledged so many replicas had it: it survives the loss of as many machines as that.
    Replicated(u8),
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::Process => f.write_str("process"),
            Self::Fsync => f.write_str("fsync"),
            Self::Replicated(n) => write!(f, "replicated({n})"),
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reply {
    /// The JSON of what the method returned; empty where it returns nothing.
    pub body: Bytes,
    /// Whether the method returned `err`: the actor said no and changed nothing.
    pub declined: bool,
    /// Whether the same message was handled before; then this is the answer from that time.
    pub replayed: bool,
    pub durability: Durability,
}
