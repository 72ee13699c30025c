//! One actor's messages one after the other, until each has its result.

use std::collections::HashMap;

use pizza_client::retry::wait;
use pizza_client::{Call, Client};
use pizza_types::{ActorId, CallError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::mapping::Rejected;

/// How often an actor may fail on a message before the message becomes a dead letter. Without
/// an end, one message that makes its actor trap would hold up all that come after it.
const FAILURES_MAX: u32 = 3;

/// Committed, or why it never will be.
pub(crate) type DeliveryResult = Result<(), Rejected>;

pub(crate) struct Lanes {
    client: Client,
    /// The task of each actor's last message, as far as it still runs.
    last: HashMap<ActorId, JoinHandle<()>>,
}

impl Lanes {
    pub(crate) fn new(client: Client) -> Self {
        let last = HashMap::new();
        Self { client, last }
    }

    /// The result comes when the actor has committed; the next message of the same actor is
    /// not tried before.
    pub(crate) fn send(&mut self, mut call: Call) -> oneshot::Receiver<DeliveryResult> {
        // As many as there are messages in flight at most, so this is no long walk.
        self.last.retain(|_, task| !task.is_finished());
        let (tx, rx) = oneshot::channel();
        let actor = call.target.clone();
        // One id for all tries: what is tried again has no second effect.
        let fresh = self.client.transport().fresh_id();
        call.id = call.id.or(Some(fresh));
        let (client, before) = (self.client.clone(), self.last.remove(&actor));
        let task = tokio::spawn(async move {
            if let Some(before) = before {
                // Its end is what matters, also where it has panicked.
                let _ = before.await;
            }
            // Nobody receives any more when the connection was lost meanwhile.
            let _ = tx.send(deliver(&client, call).await);
        });
        self.last.insert(actor, task);
        rx
    }
}

async fn deliver(client: &Client, call: Call) -> DeliveryResult {
    let (mut tries, mut failures) = (0, 0);
    loop {
        let error = match client.raw(call.clone()).await {
            Ok(reply) if reply.declined => {
                // A refusal of the actor's is final: it would say the same again.
                let reason = String::from_utf8_lossy(&reply.body).into_owned();
                let code = "declined";
                return Err(Rejected { code, reason });
            }
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        // A silo that is busy or away does not count: that is no fault of the message.
        failures += u32::from(!error.is_transient());
        let is_final = !error.is_transient() && !matches!(error, CallError::Failed { .. });
        if is_final || failures >= FAILURES_MAX {
            let (code, reason) = (error.code(), error.to_string());
            return Err(Rejected { code, reason });
        }
        let wait = wait(client, tries);
        tracing::debug!(target = %call.target, %error, ?wait, "tried again");
        tokio::time::sleep(wait).await;
        tries += 1;
    }
}
