//! One driver on the road, and the customer who waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::anyhow;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::latency::Latencies;
use crate::mqtt_connection::Acknowledged;
use crate::phone::{MqttPhone, Position, now_ms};
use crate::sse::Follower;

/// Where everybody is at first. Each position is a step north of the one before, so that it
/// can be told from all others of its driver.
const BEGIN: (f64, f64) = (40.85, 14.26);
/// Degrees of latitude between two positions: about a centimetre.
const STEP: f64 = 1e-7;
/// Acknowledgements that wait to be collected: far more than one client may have open.
const PENDING_MAX: usize = 4_096;
/// How much longer than planned somebody publishes who cannot keep up.
const GRACE: Duration = Duration::from_secs(2);

pub(super) struct Driver {
    pub(super) id: String,
    pub(super) phone: MqttPhone,
    pub(super) customer: Arc<Customer>,
    reported_ms: u64,
    /// Follows the order for as long as the driver is on the road.
    watching: JoinHandle<()>,
}

/// When positions were to be sent, and what of them was seen.
pub(super) struct Customer(Mutex<Observed>);

struct Observed {
    /// When each position was to be sent, by its number.
    due: Vec<Instant>,
    /// The number of the first position that counts: those of the warm-up are below it.
    first: usize,
    latencies: Latencies,
    seen: u64,
    /// The highest number that was seen, plus one; 0 before the first.
    newest: usize,
}

/// What one driver and the customer have measured at one rate.
pub(super) struct StepResult {
    pub(super) planned: u64,
    pub(super) published: u64,
    pub(super) acknowledged: Latencies,
    pub(super) seen: u64,
    pub(super) to_customer: Latencies,
}

type Pending = (Instant, tokio::sync::oneshot::Receiver<Acknowledged>);

impl Driver {
    pub(super) fn new(id: String, phone: MqttPhone, order: Follower) -> anyhow::Result<Self> {
        let customer = Arc::new(Customer(Mutex::new(Observed {
            due: Vec::new(),
            first: 0,
            latencies: Latencies::new()?,
            seen: 0,
            newest: 0,
        })));
        let watching = tokio::spawn(watch(order, Arc::clone(&customer)));
        Ok(Self {
            id,
            phone,
            customer,
            reported_ms: 0,
            watching,
        })
    }

    /// Publishes a position each `interval` from `begin` to `end`; what is sent from `measured` on
    /// counts.
    pub(super) async fn publish(
        &mut self,
        begin: Instant,
        interval: Duration,
        [measured, end]: [Instant; 2],
        patience: Duration,
    ) -> anyhow::Result<StepResult> {
        let (pending, acknowledged) = mpsc::channel(PENDING_MAX);
        // A task of its own, so that waiting for an acknowledgement never delays the next position.
        let acknowledged = tokio::spawn(collect(acknowledged, measured, patience));
        let (mut due, mut planned, mut published) = (begin, 0, 0);
        self.customer.begin()?;
        while due < end {
            sleep_until(due).await;
            let (this, counts) = (due, u64::from(due >= measured));
            due += interval;
            planned += counts;
            // A driver who cannot keep up does not go on for ever.
            if end + GRACE < Instant::now() {
                continue;
            }
            let number = self.customer.send(this, measured);
            published += counts;
            let payload = self.position(number).json().to_string();
            let topic = self.phone.topic("location");
            let told = self.phone.connection();
            let told = told.publish(topic, payload.into()).await?;
            pending.send((this, told)).await?;
        }
        // Ends the collector, which reads until nobody can send any more.
        drop(pending);
        let acknowledged = acknowledged.await??;
        self.customer.waits(patience).await;
        let (seen, to_customer) = self.customer.found()?;
        Ok(StepResult {
            planned,
            published,
            acknowledged,
            seen,
            to_customer,
        })
    }

    fn position(&mut self, number: usize) -> Position {
        // Two positions of one millisecond would be one time, and only a newer one is taken.
        self.reported_ms = now_ms().max(self.reported_ms + 1);
        let (lat, lon) = location(number);
        Position {
            lat,
            lon,
            timestamp: self.reported_ms,
            accuracy_m: 5.0,
            speed: 7.0,
            heading: 0.0,
        }
    }

    /// The last position that was published, if there was any.
    pub(super) fn last(&self) -> Option<(f64, f64)> {
        let published = self.customer.observed().due.len();
        published.checked_sub(1).map(location)
    }

    /// How many positions lie between the newest that was seen and the last that was published.
    pub(super) fn unseen(&self) -> u64 {
        let observed = self.customer.observed();
        (observed.due.len() as u64).saturating_sub(observed.newest as u64)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Customer {
    fn observed(&self) -> MutexGuard<'_, Observed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> anyhow::Result<()> {
        let mut observed = self.observed();
        // Nothing counts until a position is sent in the measured time.
        observed.first = usize::MAX;
        observed.latencies = Latencies::new()?;
        observed.seen = 0;
        Ok(())
    }

    /// Notes that a position is sent, and returns its number.
    fn send(&self, due: Instant, measured: Instant) -> usize {
        let mut observed = self.observed();
        let number = observed.due.len();
        observed.due.push(due);
        if due >= measured {
            observed.first = observed.first.min(number);
        }
        number
    }

    fn sees(&self, number: usize) {
        let mut observed = self.observed();
        let Some(due) = observed.due.get(number).copied() else {
            return;
        };
        // Loss is counted behind the newest; what was skipped before it is missing in `seen`.
        observed.newest = observed.newest.max(number + 1);
        if number >= observed.first {
            observed.seen += 1;
            // The histogram grows with what it is given: only more than 2^64 microseconds would fail.
            let _ = observed.latencies.record(due.elapsed());
        }
    }

    /// Waits until the newest position is seen, or nothing is seen any more for `patience`.
    async fn waits(&self, patience: Duration) {
        const LOOK_AGAIN: Duration = Duration::from_millis(20);
        let (mut moved, mut before) = (Instant::now(), 0);
        loop {
            // The lock ends with this block: it must not be held while this task sleeps.
            let (newest, published) = {
                let observed = self.observed();
                (observed.newest, observed.due.len())
            };
            if newest > before {
                (moved, before) = (Instant::now(), newest);
            }
            if newest >= published || moved.elapsed() > patience {
                return;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    fn found(&self) -> anyhow::Result<(u64, Latencies)> {
        let mut observed = self.observed();
        let latencies = std::mem::replace(&mut observed.latencies, Latencies::new()?);
        Ok((observed.seen, latencies))
    }
}

fn location(number: usize) -> (f64, f64) {
    (BEGIN.0 + number as f64 * STEP, BEGIN.1)
}

fn number(lat: f64) -> Option<usize> {
    let steps = (lat - BEGIN.0) / STEP;
    // What is below zero is nobody's position here.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is at least zero, and counts positions of one run"
    )]
    (steps > -0.5).then(|| steps.round() as usize)
}

/// Latencies of acknowledgements. Each bears the time when it came, so reading late costs nothing.
async fn collect(
    mut pending: mpsc::Receiver<Pending>,
    measured: Instant,
    patience: Duration,
) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::new()?;
    while let Some((due, told)) = pending.recv().await {
        let told = tokio::time::timeout(patience, told).await;
        let told = told.map_err(|_| anyhow!("the broker is silent for {patience:?}"))??;
        let at = told.map_err(|reason| anyhow!("the broker takes no position: {reason:?}"))?;
        if due >= measured {
            latencies.record(at.saturating_duration_since(due))?;
        }
    }
    Ok(latencies)
}

async fn watch(mut order: Follower, customer: Arc<Customer>) {
    // Without an answer for so long, the rest is missed in the end.
    while let Ok(event) = order.next().await {
        let lat = &event.data["driverLocation"]["lat"];
        if event.kind == "driver"
            && let Some(number) = lat.as_f64().and_then(number)
        {
            customer.sees(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_is_told_from_every_other() {
        for expected in [0, 1, 2, 999, 123_456, 9_999_999] {
            let text = serde_json::json!(location(expected).0).to_string();
            let lat: f64 = text.parse().expect("a number");
            assert_eq!(number(lat), Some(expected));
        }
        assert_eq!(number(40.0), None);
    }
}
