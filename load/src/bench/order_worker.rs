//! One connection that creates orders, and what it has measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::arrivals::Promised;
use super::report::WINDOW;
use crate::latency::Latencies;
use crate::lean_connection::{LeanConnection, Template};

/// How long an open loop that is behind goes on with what was meant to be sent before its end.
const BACKLOG_WITHIN: Duration = Duration::from_secs(10);

/// What one connection has measured.
#[derive(Default)]
pub(super) struct Found {
    /// The orders of each ten seconds of the measured time, by when they were sent.
    pub(super) windows: Vec<Latencies>,
    /// Those that were acknowledged within the measured time, whenever they were sent: an open loop
    /// that is behind still sends then what the warm-up was to send.
    pub(super) in_time: u64,
    /// Those of the measured time.
    pub(super) orders: Vec<Box<str>>,
    pub(super) refused: u64,
    pub(super) failed: u64,
    /// All that were not acknowledged, those of the warm-up too. Some of them may have been
    /// created all the same.
    pub(super) unsure: u64,
    /// Those of them that had no answer when the run gave up.
    pub(super) unanswered: u64,
    /// What an open loop was to send and did not, because all connections were waiting for answers.
    pub(super) unsent: u64,
}

pub(super) struct Worker {
    pub(super) connection: LeanConnection,
    /// A request for each restaurant.
    pub(super) requests: Arc<Vec<Template>>,
    pub(super) promised: Arc<Promised>,
    /// The number of the next order, over all connections.
    pub(super) next: Arc<AtomicU64>,
    pub(super) interval: Option<Duration>,
    pub(super) start: Instant,
    pub(super) measured: Instant,
    pub(super) end: Instant,
    /// Then no answer is waited for any more.
    pub(super) over: Instant,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    order_id: &'a str,
}

impl Worker {
    pub(super) async fn run(mut self) -> anyhow::Result<Found> {
        let mut found = Found::default();
        // One clock for the whole run: one for each request would cost more than the request.
        let over = self.over;
        match timeout_at(over, self.create(&mut found)).await {
            Ok(ended) => ended?,
            Err(_) => {
                found.unanswered += 1;
                found.unsure += 1;
            }
        }
        Ok(found)
    }

    async fn create(&mut self, found: &mut Found) -> anyhow::Result<()> {
        loop {
            // All connections draw from one row of numbers, so the rate is that of all together.
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let mut sent = Instant::now();
            if let Some(interval) = self.interval {
                sent = self.start + interval.mul_f64(number as f64);
                sleep_until(sent).await;
            }
            if sent >= self.end {
                return Ok(());
            }
            // Only an open loop can be so far behind.
            if Instant::now() >= self.end + BACKLOG_WITHIN {
                found.unsent += 1;
                continue;
            }
            let restaurant = usize::try_from(number)? % self.requests.len();
            let request = &self.requests[restaurant];
            let answer = self.connection.ask_about(request, 0, number).await?;
            // The warm-up loads the pizzeria; its times count for nothing.
            let counts = sent >= self.measured;
            match answer.status {
                201 => {
                    self.promised.one(restaurant);
                    let now = Instant::now();
                    found.in_time += u64::from(now >= self.measured && now < self.end);
                    if counts {
                        found.record(sent - self.measured, now - sent)?;
                        let created: Created<'_> = serde_json::from_slice(answer.body)?;
                        found.orders.push(created.order_id.into());
                    }
                }
                status => {
                    found.unsure += 1;
                    // Shed load is no error: it is what an overloaded pizzeria has to answer.
                    let was_shed = matches!(status, 429 | 503 | 507);
                    found.refused += u64::from(counts && was_shed);
                    found.failed += u64::from(counts && !was_shed);
                }
            }
        }
    }
}

impl Found {
    /// A created order, sent so long after the measured time began.
    fn record(&mut self, at: Duration, latency: Duration) -> anyhow::Result<()> {
        let window = usize::try_from(at.as_secs() / WINDOW.as_secs())?;
        while self.windows.len() <= window {
            self.windows.push(Latencies::new()?);
        }
        self.windows[window].record(latency)
    }

    pub(super) fn add(&mut self, other: Self) -> anyhow::Result<()> {
        while self.windows.len() < other.windows.len() {
            self.windows.push(Latencies::new()?);
        }
        for (all, one) in self.windows.iter_mut().zip(&other.windows) {
            all.add(one)?;
        }
        self.in_time += other.in_time;
        self.orders.extend(other.orders);
        self.refused += other.refused;
        self.failed += other.failed;
        self.unsure += other.unsure;
        self.unanswered += other.unanswered;
        self.unsent += other.unsent;
        Ok(())
    }

    /// The latencies of the whole measured time.
    pub(super) fn latencies(&self) -> anyhow::Result<Latencies> {
        let mut all = Latencies::new()?;
        for window in &self.windows {
            all.add(window)?;
        }
        Ok(all)
    }
}
