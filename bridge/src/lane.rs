//! One actor's messages one after the other, each until it has its verdict.

use std::collections::HashMap;
use std::time::Duration;

use pizza_client::{Call, Client};
use pizza_types::{ActorId, CallError};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::mapping::Unfit;

/// How often an actor may fail on a message before that is given up.
const FAILURES_MAX: u32 = 3;
const WAIT_MS_MAX: u64 = 5_000;

/// Handled, or why it never will be.
pub(crate) type Verdict = Result<(), Unfit>;

pub(crate) struct Lanes {
    client: Client,
    /// The last message of each actor that was worked on lately.
    last: HashMap<ActorId, JoinHandle<()>>,
}

impl Lanes {
    pub(crate) fn new(client: Client) -> Self {
        let last = HashMap::new();
        Self { client, last }
    }

    /// The verdict comes when the actor has committed; the next message of the same actor
    /// is not tried before.
    pub(crate) fn send(&mut self, mut call: Call) -> oneshot::Receiver<Verdict> {
        self.last.retain(|_, task| !task.is_finished());
        let (tell, told) = oneshot::channel();
        let actor = call.target.clone();
        // One id for all tries: what is tried again has no second effect.
        let fresh = self.client.transport().fresh_id();
        call.id = call.id.or(Some(fresh));
        let (client, before) = (self.client.clone(), self.last.remove(&actor));
        let task = tokio::spawn(async move {
            if let Some(before) = before {
                drop(before.await);
            }
            // Nobody listens any more when the session has ended.
            drop(tell.send(deliver(&client, call).await));
        });
        self.last.insert(actor, task);
        told
    }
}

async fn deliver(client: &Client, call: Call) -> Verdict {
    let (mut tries, mut failures) = (0, 0);
    loop {
        let error = match client.raw(call.clone()).await {
            Ok(reply) if reply.declined => {
                let reason = String::from_utf8_lossy(&reply.body).into_owned();
                let code = "declined";
                return Err(Unfit { code, reason });
            }
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        failures += u32::from(!error.is_transient());
        let is_final = !error.is_transient() && !matches!(error, CallError::Failed { .. });
        if is_final || failures >= FAILURES_MAX {
            let (code, reason) = (error.code(), error.to_string());
            return Err(Unfit { code, reason });
        }
        let wait = wait(client, tries);
        tracing::debug!(target = %call.target, %error, ?wait, "tried again");
        tokio::time::sleep(wait).await;
        tries += 1;
    }
}

/// Twice as long each time, and of that a part by chance, so that many do not come at once.
pub(crate) fn wait(client: &Client, tries: u32) -> Duration {
    let longest = 50_u64.saturating_mul(1 << tries.min(10)).min(WAIT_MS_MAX);
    let chance = u64::from(client.transport().fresh_id().0[15]);
    Duration::from_millis(longest / 2 + longest * chance / 512)
}
