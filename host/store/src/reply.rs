//! What is remembered of a message that was handled.

use std::sync::Arc;

use bytes::Bytes;
use pizza_types::ActorId;
use serde::{Deserialize, Serialize};

/// What an actor answered to a message; see [`Handled`](crate::Handled).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredReply {
    pub fingerprint: [u8; 16],
    pub reply: Bytes,
    pub declined: bool,
    pub expires_at_ms: u64,
    /// What was asked, in a word or two: the method, or what else happened. Empty in rows of
    /// before it was kept.
    pub title: Arc<str>,
    /// Who asked; `None` when it came from outside, or in rows of before it was kept.
    pub caller: Option<ActorId>,
    pub trace: Option<Arc<str>>,
}
