//! Dead letters in the hands of an operator: read, delivered once more, dropped.

use pizza_store::{DeadLetter, StoredDeadLetter};
use pizza_types::{Body, CallError, Envelope, MessageId, Reply};

use crate::core::store_error;
use crate::silo::Silo;
use crate::supervise;

impl Silo {
    /// Dead letters with a number above `after`, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn dead_letters(
        &self,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>, CallError> {
        let letters = self.core.store.dead_letters(after, limit).await;
        letters.map_err(store_error)
    }

    /// # Errors
    /// When the store cannot be read.
    pub async fn dead_letter(&self, id: u64) -> Result<Option<DeadLetter>, CallError> {
        self.core.store.dead_letter(id).await.map_err(store_error)
    }

    /// Forgets a dead letter; false when there was none.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn drop_dead_letter(&self, id: u64) -> Result<bool, CallError> {
        let removed = self.core.store.remove_dead_letter(id).await;
        let removed = removed.map_err(store_error)?;
        if removed {
            tracing::info!(letter = id, "a dead letter was dropped");
        }
        Ok(removed)
    }

    /// Delivers a dead letter once more; when its actor answers, even by declining, the
    /// letter goes. `None` when there is no such letter.
    ///
    /// # Errors
    /// Why it came to nothing again; the letter stays.
    pub async fn replay_dead_letter(&self, id: u64) -> Result<Option<Reply>, CallError> {
        let Some(letter) = self.dead_letter(id).await? else {
            return Ok(None);
        };
        if self.core.is_stopping() {
            return Err(CallError::ShuttingDown);
        }
        let reply = supervise::once_more(&self.core, &again(&letter)).await?;
        // Should it stay for now, another replay gets this same answer, and then it goes.
        let removed = self.core.store.remove_dead_letter(id).await;
        removed.map_err(store_error)?;
        let target = &letter.envelope.target;
        tracing::info!(letter = id, %target, "a dead letter was delivered after all");
        Ok(Some(reply))
    }
}

/// A replay is told from the first delivery by its own flag, not by its content: the turn
/// skips the checks by cursor and by reminder, which would call it handled long ago, and
/// goes by the message id alone. A call keeps its id, so that it takes effect once even if
/// an attempt got through unheard. A reminder's id was used up when the silo moved the
/// reminder on without its actor, and events never had a record under theirs: both get
/// one that follows from the first, the same for every replay.
fn again(letter: &DeadLetter) -> Envelope {
    let mut envelope = letter.envelope.clone();
    if !matches!(envelope.body, Body::Call { .. }) {
        envelope.id = MessageId::derive("replay", &[&envelope.id.0]);
    }
    envelope
}
