//! Messages that nobody waits for: tried again with back-off and jitter, and kept as a
//! dead letter when the actor fails at them for good.

use std::sync::Arc;

use pizza_store::DeadLetter;
use pizza_types::{CallError, Envelope};

use crate::settings::Retry;
use crate::silo::Core;

pub(crate) enum Verdict {
    /// Handled, or declined: the actor has had its say.
    Settled,
    /// It is among the dead letters now.
    Dead,
    /// The silo is stopping; the message is still where it was.
    Stopped,
}

/// Brings the message to its actor, however often that takes.
pub(crate) async fn deliver(core: &Arc<Core>, envelope: &Envelope) -> Verdict {
    let policy = core.catalog.find(envelope.target.actor_type());
    let policy = policy.map(|entry| entry.policy.clone()).unwrap_or_default();
    let (mut failures, mut tries) = (0, 0);
    loop {
        let mut attempt = envelope.clone();
        attempt.deadline_ms = core.clock.now_ms() + policy.delivery_ms;
        let Err(error) = core.deliver(attempt).await else {
            return Verdict::Settled;
        };
        if core.is_stopping() {
            return Verdict::Stopped;
        }
        tries += 1;
        if !error.is_transient() {
            failures += 1;
        }
        if failures >= policy.retry.attempts_max {
            return bury(core, envelope, &error, failures).await;
        }
        let pause_ms = pause_ms(&policy.retry, tries, core.entropy.next());
        tracing::debug!(target = %envelope.target, what = envelope.body.title(), %error, pause_ms, "to be tried again");
        core.pause(pause_ms).await;
    }
}

/// Exponential, with full jitter over its upper half.
fn pause_ms(retry: &Retry, tries: u32, random: u64) -> u64 {
    let doubled = retry.first_ms.saturating_mul(1 << tries.min(20));
    let pause_ms = doubled.clamp(1, retry.longest_ms.max(1));
    pause_ms / 2 + random % (pause_ms / 2 + 1)
}

async fn bury(core: &Arc<Core>, envelope: &Envelope, error: &CallError, attempts: u32) -> Verdict {
    tracing::warn!(target = %envelope.target, what = envelope.body.title(), id = %envelope.id, %error, attempts, "a message became a dead letter");
    let letter = DeadLetter {
        envelope: envelope.clone(),
        error: error.to_string(),
        attempts,
        at_ms: core.clock.now_ms(),
    };
    match core.store.bury(letter).await {
        Ok(()) => Verdict::Dead,
        Err(error) => {
            tracing::error!(%error, "a dead letter could not be kept; its message stays where it was");
            Verdict::Stopped
        }
    }
}

/// Commits the host's part of a message without asking the guest.
pub(crate) async fn move_on(core: &Arc<Core>, mut envelope: Envelope) {
    envelope.deadline_ms = u64::MAX;
    let Ok(ticket) = core.submit(envelope.clone(), true) else {
        return;
    };
    if let Ok(Err(error)) = ticket.reply.await {
        tracing::warn!(target = %envelope.target, %error, "a reminder could not move on");
    }
}
