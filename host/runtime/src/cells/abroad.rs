//! A message to an actor of another cell.

use std::sync::Arc;

use pizza_cluster::{CellRequest, Delivery, LinkError, Response};
use pizza_types::{CallError, CellName, Envelope, Reply, backoff};

use crate::core::Core;

/// The pauses between tries, in milliseconds; they double.
const FIRST_PAUSE_MS: u64 = 20;
const LONGEST_PAUSE_MS: u64 = 500;
/// How much later than its deadline an answer may come: a turn that has begun is waited for.
const GRACE_MS: u64 = 1_000;

/// What one try came to.
enum Attempt {
    Settled(Result<Reply, CallError>),
    /// Nothing was done, and it may be done soon.
    NotYet(CallError),
    /// It may have been done.
    Lost(String),
}

impl Core {
    /// Brings a message to its actor in another cell. While that is away the answer is an error at
    /// once: nobody waits for what may take hours.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(crate) async fn deliver_abroad(
        self: &Arc<Self>,
        cell: CellName,
        envelope: Envelope,
        delivery: Delivery,
    ) -> Result<Reply, CallError> {
        let (mut tries, mut in_doubt) = (0, None);
        loop {
            let failure = match self.try_abroad(&cell, &envelope, delivery).await {
                Attempt::Settled(outcome) => return outcome,
                Attempt::NotYet(error) => error,
                Attempt::Lost(detail) => {
                    in_doubt = Some(detail);
                    CallError::Moved
                }
            };
            tries += 1;
            let pause_ms =
                backoff::pause_ms(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, tries, self.entropy.next());
            let next_ms = self.clock.now_ms().saturating_add(pause_ms);
            let is_away = self.cells.other(&cell).is_none_or(|cell| cell.is_away());
            if is_away || next_ms >= envelope.deadline_ms || self.is_stopping() {
                let id = envelope.id;
                return Err(match in_doubt {
                    Some(detail) => CallError::Unknown { id, detail },
                    None => failure,
                });
            }
            self.clock.sleep_until(next_ms).await;
        }
    }

    async fn try_abroad(
        self: &Arc<Self>,
        cell: &CellName,
        envelope: &Envelope,
        delivery: Delivery,
    ) -> Attempt {
        let Some(other) = self.cells.other(cell).filter(|other| !other.is_away()) else {
            return Attempt::NotYet(away(cell));
        };
        if let Err(error) = self.refuse_if_late(envelope, "before it was sent to its cell") {
            return Attempt::Settled(Err(error));
        }
        let request = CellRequest::Deliver {
            envelope: envelope.clone(),
            wait_ms: envelope.deadline_ms.saturating_sub(self.clock.now_ms()),
            delivery,
        };
        let until_ms = envelope.deadline_ms.saturating_add(GRACE_MS);
        let response = tokio::select! {
            biased;
            response = other.parts.network.ask(cell, request) => response,
            () = self.clock.sleep_until(until_ms) => {
                return Attempt::Lost(format!("cell {cell} has not answered in time"));
            }
        };
        match response {
            Ok(Response::Reply(reply)) => Attempt::Settled(Ok(reply)),
            Ok(Response::Refused(error @ (CallError::ShuttingDown | CallError::Moved))) => {
                Attempt::NotYet(error)
            }
            Ok(Response::Refused(error)) => Attempt::Settled(Err(error)),
            Ok(Response::Failed(detail)) => {
                Attempt::Settled(Err(CallError::Unreachable { detail }))
            }
            Ok(_) => {
                let detail = format!("cell {cell} answers something else");
                Attempt::Settled(Err(CallError::Unreachable { detail }))
            }
            Err(error @ LinkError::NotSent { .. }) => {
                other.has_failed(&error.to_string());
                Attempt::NotYet(away(cell))
            }
            Err(error @ LinkError::Lost { .. }) => Attempt::Lost(error.to_string()),
            // Its silos are of a program that knows no cells.
            Err(error @ LinkError::NotUnderstood { .. }) => {
                let detail = error.to_string();
                Attempt::Settled(Err(CallError::Unreachable { detail }))
            }
            Err(error @ LinkError::RequestTooLarge { .. }) => {
                let (bound, detail) = ("frame".into(), error.to_string());
                Attempt::Settled(Err(CallError::Failed { bound, detail }))
            }
            Err(error @ LinkError::ResponseTooLarge { .. }) => {
                let (id, detail) = (envelope.id, error.to_string());
                Attempt::Settled(Err(CallError::Unknown { id, detail }))
            }
        }
    }
}

fn away(cell: &CellName) -> CallError {
    let detail = format!("cell {cell} is away");
    CallError::Unreachable { detail }
}
