//! Messages that nobody waits for: tried again with back-off and jitter, and kept as a
//! dead letter when the actor fails at them for good.

use std::sync::Arc;

use pizza_cluster::Delivery;
use pizza_store::DeadLetter;
use pizza_types::{Body, CallError, Envelope, Reply, backoff};

use crate::core::Core;
use crate::settings::Retry;
use crate::slot::Until;

/// What became of a message that nobody waits for.
pub(crate) enum DeliveryResult {
    /// Handled, or declined: the actor has had its say.
    Settled,
    /// It is among the dead letters now.
    DeadLetter,
    /// Its actor is retired, and nobody else has to do with it.
    Dropped,
    /// The cell of its actor is away: it is to wait among what waits for that.
    Away,
    /// The silo is stopping; the message is still where it was.
    Stopped,
}

/// Brings the message to its actor, however often that takes.
pub(crate) async fn deliver(core: &Arc<Core>, envelope: &Envelope) -> DeliveryResult {
    let policy = core.policy(envelope.target.actor_type());
    let (mut failures, mut tries) = (0, 0);
    // A silo that stops begins nothing new, or messages that beget messages never end.
    while !core.is_stopping() {
        // The message is older than any deadline: each try has its own.
        let mut attempt = envelope.clone();
        attempt.deadline_ms = core.clock.now_ms() + policy.delivery_ms;
        let Err(error) = core.deliver(attempt).await else {
            return DeliveryResult::Settled;
        };
        if let CallError::Retired { .. } = error {
            return to_retired(core, envelope, &error, &policy.retry).await;
        }
        if core.is_stopping() {
            break;
        }
        let cell = core.cells.abroad(envelope.target.key());
        if cell.is_some_and(|cell| cell.is_away()) && error.is_transient() {
            return DeliveryResult::Away;
        }
        // All tries make the pauses longer, but only failures of the actor itself lead to a dead
        // letter.
        tries += 1;
        if !error.is_transient() {
            failures += 1;
            if failures >= policy.retry.attempts_max {
                return add_dead_letter(core, envelope, &error, failures, &policy.retry).await;
            }
        }
        let pause_ms = pause_ms(&policy.retry, tries, core.entropy.next());
        if let Some(deployment) = core.catalog.find(envelope.target.actor_type()) {
            deployment.metrics.retried();
        }
        tracing::debug!(target = %envelope.target, what = envelope.body.title(), %error, pause_ms, "to be tried again");
        core.pause(pause_ms).await;
    }
    DeliveryResult::Stopped
}

/// A message that waited so long for its cell that its receiver may have forgotten it: sent again, it
/// might take effect twice.
pub(crate) async fn give_up_late(core: &Core, envelope: &Envelope) -> DeliveryResult {
    let error = CallError::Unknown {
        id: envelope.id,
        detail: "its cell was away for longer than messages are remembered".to_owned(),
    };
    let policy = core.policy(envelope.target.actor_type());
    add_dead_letter(core, envelope, &error, 1, &policy.retry).await
}

/// Brings a dead letter to its actor once more. Somebody waits to hear what becomes of it, so a
/// failure is reported at once; only what says nothing about the message is tried again.
pub(crate) async fn once_more(core: &Arc<Core>, envelope: &Envelope) -> Result<Reply, CallError> {
    let policy = core.policy(envelope.target.actor_type());
    let mut tries = 0;
    loop {
        let mut attempt = envelope.clone();
        attempt.deadline_ms = core.clock.now_ms() + policy.delivery_ms;
        let outcome = core
            .deliver_as(attempt, Delivery::Redelivery, Until::Durable)
            .await;
        tries += 1;
        let hopeful = outcome.as_ref().is_err_and(CallError::is_transient);
        if !hopeful || tries >= policy.retry.attempts_max || core.is_stopping() {
            return outcome;
        }
        let pause_ms = pause_ms(&policy.retry, tries, core.entropy.next());
        core.pause(pause_ms).await;
    }
}

/// What becomes of a message whose actor is retired: nobody will ever handle it, so it is not tried
/// again. What somebody wrote to the actor is kept as a dead letter. What only concerned the actor
/// itself, a reminder or an event that it followed, is dropped.
async fn to_retired(
    core: &Core,
    envelope: &Envelope,
    error: &CallError,
    retry: &Retry,
) -> DeliveryResult {
    match envelope.body {
        Body::Call { .. } => add_dead_letter(core, envelope, error, 1, retry).await,
        Body::Timer { .. } | Body::Reminder { .. } | Body::Events { .. } => {
            tracing::debug!(target = %envelope.target, what = envelope.body.title(), "its actor is retired");
            DeliveryResult::Dropped
        }
    }
}

/// The pause after so many tries of a message to an actor of this type, in milliseconds.
pub(crate) fn next_pause_ms(core: &Core, actor_type: &str, tries: u32) -> u64 {
    let retry = core.policy(actor_type).retry;
    pause_ms(&retry, tries, core.entropy.next())
}

fn pause_ms(retry: &Retry, tries: u32, random: u64) -> u64 {
    backoff::pause_ms(retry.first_ms, retry.longest_ms, tries, random)
}

async fn add_dead_letter(
    core: &Core,
    envelope: &Envelope,
    error: &CallError,
    attempts: u32,
    retry: &Retry,
) -> DeliveryResult {
    let letter = DeadLetter {
        envelope: envelope.clone(),
        error: error.to_string(),
        attempts,
        at_ms: core.clock.wall_ms(),
    };
    // Until it is kept, it is not done with.
    loop {
        match core.store.add_dead_letter(letter.clone()).await {
            Ok(letter) => {
                if let Some(deployment) = core.catalog.find(envelope.target.actor_type()) {
                    deployment.metrics.became_a_dead_letter();
                }
                tracing::warn!(letter, target = %envelope.target, what = envelope.body.title(), id = %envelope.id, %error, attempts, "a message became a dead letter");
                return DeliveryResult::DeadLetter;
            }
            Err(error) => tracing::error!(%error, "a dead letter could not be kept"),
        }
        core.pause(retry.longest_ms).await;
        if core.is_stopping() {
            return DeliveryResult::Stopped;
        }
    }
}

/// Commits the host's part of a message without asking the guest, however often that takes.
pub(crate) async fn move_on(core: &Arc<Core>, mut envelope: Envelope) {
    envelope.deadline_ms = u64::MAX;
    let retry = core.policy(envelope.target.actor_type()).retry;
    let mut tries = 0;
    while let Err(error) = skip_guest(core, envelope.clone()).await {
        if core.is_stopping() || matches!(error, CallError::Retired { .. }) {
            return;
        }
        tracing::warn!(target = %envelope.target, %error, "a reminder could not move on yet");
        tries += 1;
        let pause_ms = pause_ms(&retry, tries, core.entropy.next());
        core.pause(pause_ms).await;
    }
}

async fn skip_guest(core: &Arc<Core>, envelope: Envelope) -> Result<Reply, CallError> {
    let (delivery, until) = (Delivery::SkipGuest, Until::Durable);
    core.deliver_as(envelope, delivery, until).await
}
