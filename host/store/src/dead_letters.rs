//! Dead letters: messages that could not be handled, kept for a person to look at.

use async_trait::async_trait;
use pizza_types::Envelope;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// A dead letter and the number it goes by, which is never given to another.
#[derive(Debug, Clone)]
pub struct StoredDeadLetter {
    pub id: u64,
    pub letter: DeadLetter,
}

/// A message that could not be handled, kept for a person to look at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeadLetter {
    pub envelope: Envelope,
    /// Why the last attempt failed.
    pub error: String,
    /// How often its actor has failed at it.
    pub attempts: u32,
    /// The date when it was given up.
    pub at_ms: u64,
}

/// Keeping and reading dead letters.
#[async_trait]
pub trait DeadLetterStore: Send + Sync + 'static {
    /// Keeps the letter under a number above those of all letters before it, even of those
    /// that are gone. Durable when it returns.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn add_dead_letter(&self, letter: DeadLetter) -> Result<u64, StoreError>;

    /// Dead letters with a number above `after`, oldest first.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, StoreError>;

    /// One dead letter, by its number; `None` when there is none of that number.
    ///
    /// # Errors
    /// When the store has stopped itself, or cannot read what it has.
    async fn dead_letter(&self, id: u64) -> Result<Option<DeadLetter>, StoreError>;

    /// Forgets a dead letter; false when there was none. Durable when it returns.
    ///
    /// # Errors
    /// When the store has stopped itself, cannot write, or refuses because too much waits.
    async fn remove_dead_letter(&self, id: u64) -> Result<bool, StoreError>;
}
