//! Of several edges of one name, the one that works: it has the lease of that name, and writes to it
//! every second. The others watch, and one of them takes it when nothing was written for a while.
//!
//! Nobody's clock is compared with another one's. The holder gives up after less time without a written
//! beat than the others wait for one, so that it has stopped before another one begins; one that was
//! itself stopped meanwhile finds its cursors refused, and a bridge its connections to the broker taken over.

use std::time::Duration;

use pizza_types::CallError;
use tokio::time::{Instant, sleep, timeout};

use crate::client::Client;
use crate::lease::{LeaseClaim, LeaseRecord};

const BEAT_EVERY: Duration = Duration::from_secs(1);
/// The holder gives up so long after it has sent the last beat that was written.
const GIVE_UP_AFTER: Duration = Duration::from_millis(2_500);
/// Whoever waits takes the lease when it has seen no beat for so long.
const TAKE_AFTER: Duration = Duration::from_millis(3_500);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The lease, as long as it is kept.
pub struct Lease {
    client: Client,
    name: String,
    record: LeaseRecord,
    /// When the last beat was sent that was written.
    beaten: Instant,
}

impl Lease {
    /// Waits until the lease of this name is free, or its holder is gone.
    pub async fn acquire(client: &Client, name: &str) -> Self {
        // The record that is there, and since when.
        let mut seen: Option<(LeaseRecord, Instant)> = None;
        let mut is_told = false;
        loop {
            let looked = Instant::now();
            let found = client.transport().lease(name).await;
            match found {
                Ok(found) => {
                    if let Some(record) = found
                        && seen.is_none_or(|(last, _)| last != record)
                    {
                        // From after the answer on: the beat may be as young as that.
                        seen = Some((record, Instant::now()));
                    }
                    let is_free = match (found, seen) {
                        (Some(_), Some((_, since))) => looked.duration_since(since) >= TAKE_AFTER,
                        _ => true,
                    };
                    if is_free && let Some(lease) = Self::take(client, name, found).await {
                        return lease;
                    }
                    if !is_free && !std::mem::replace(&mut is_told, true) {
                        tracing::info!(name, "another edge of this name works; this one waits");
                    }
                }
                Err(error) => {
                    tracing::warn!(name, %error, "whether an edge of this name works is not known")
                }
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn take(client: &Client, name: &str, before: Option<LeaseRecord>) -> Option<Self> {
        let beaten = Instant::now();
        let record = LeaseRecord {
            holder: client.transport().fresh_id(),
            beat: 0,
        };
        let taken = change(client, name, before, Some(record)).await;
        // Whoever was not told in time is not sure to have it any longer.
        let is_taken = taken.unwrap_or(false) && beaten.elapsed() < GIVE_UP_AFTER;
        is_taken.then(|| {
            tracing::info!(name, "this edge works");
            Self {
                client: client.clone(),
                name: name.to_owned(),
                record,
                beaten,
            }
        })
    }

    /// Under which its holder's cursors move.
    #[must_use]
    pub fn claim(&self) -> LeaseClaim {
        LeaseClaim {
            name: self.name.clone(),
            holder: self.record.holder,
        }
    }

    /// Writes to it, and returns when it is lost.
    pub async fn keep(&mut self) {
        loop {
            sleep(BEAT_EVERY).await;
            let left = GIVE_UP_AFTER.saturating_sub(self.beaten.elapsed());
            match timeout(left, self.beat()).await {
                Ok(true) => {}
                // Another one has it, or may take it before this one hears of it.
                Ok(false) | Err(_) => return,
            }
        }
    }

    /// Whether it is written; tried again while there is no answer.
    async fn beat(&mut self) -> bool {
        loop {
            let sent = Instant::now();
            let next = LeaseRecord {
                beat: self.record.beat + 1,
                ..self.record
            };
            let mut written = change(&self.client, &self.name, Some(self.record), Some(next)).await;
            if matches!(written, Ok(false)) {
                // A silo that is alone forgets it when it begins anew; then it is still ours.
                written = change(&self.client, &self.name, None, Some(next)).await;
            }
            match written {
                Ok(true) => {
                    (self.record, self.beaten) = (next, sent);
                    return true;
                }
                Ok(false) => return false,
                Err(_) => sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Gives it to whoever waits, at once.
    pub async fn release(self) {
        let released = change(&self.client, &self.name, Some(self.record), None);
        // In vain, it is taken after a while.
        let _ = timeout(BEAT_EVERY, released).await;
    }
}

/// Whether the change was made. What was asked again after a lost answer is false, and yet there.
async fn change(
    client: &Client,
    name: &str,
    before: Option<LeaseRecord>,
    after: Option<LeaseRecord>,
) -> Result<bool, CallError> {
    let transport = client.transport();
    if transport.change_lease(name, before, after).await? {
        return Ok(true);
    }
    Ok(transport.lease(name).await? == after)
}
