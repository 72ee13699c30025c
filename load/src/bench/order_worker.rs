//! One connection that creates orders, and what it has measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::arrivals::Promised;
use super::report::WINDOW;
use crate::latency::Latencies;
use crate::lean_connection::{LeanConnection, Template};

/// Longer than the pizzeria waits for its actors: an answer that has not come by then never will.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// What one connection has measured.
#[derive(Default)]
pub(super) struct Found {
    /// The orders of each ten seconds of the measured time, by when they were sent.
    pub(super) windows: Vec<Latencies>,
    /// Those of the measured time.
    pub(super) orders: Vec<Box<str>>,
    pub(super) refused: u64,
    pub(super) failed: u64,
    /// All that were not acknowledged, those of the warm-up too. Some of them may have been
    /// created all the same.
    pub(super) unsure: u64,
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
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    order_id: &'a str,
}

impl Worker {
    pub(super) async fn run(self) -> anyhow::Result<Found> {
        // One clock for the whole run: one for each request would cost more than the request.
        let last = self.end + ANSWERS_WITHIN;
        let run = timeout_at(last, self.create()).await;
        run.context("an answer did not come")?
    }

    async fn create(mut self) -> anyhow::Result<Found> {
        let mut found = Found::default();
        loop {
            // All connections draw from one row of numbers, so the rate is that of all together.
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let mut sent = Instant::now();
            if let Some(interval) = self.interval {
                sent = self.start + interval.mul_f64(number as f64);
                sleep_until(sent).await;
            }
            if sent >= self.end {
                return Ok(found);
            }
            let restaurant = usize::try_from(number)? % self.requests.len();
            let request = &self.requests[restaurant];
            let answer = self.connection.ask_about(request, 0, number).await?;
            // The warm-up loads the pizzeria; its times count for nothing.
            let counts = sent >= self.measured;
            match answer.status {
                201 => {
                    self.promised.one(restaurant);
                    if counts {
                        found.record(sent - self.measured, sent.elapsed())?;
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
        self.orders.extend(other.orders);
        self.refused += other.refused;
        self.failed += other.failed;
        self.unsure += other.unsure;
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
