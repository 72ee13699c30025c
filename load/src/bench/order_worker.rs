//! One connection that creates orders, and what it has measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::Method;
use pizza_cli::connection::Connection;
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use super::report::WINDOW;
use crate::latency::Latencies;

/// What one connection has measured.
pub(super) struct Found {
    pub(super) latencies: Latencies,
    /// The orders of each ten seconds of the measured time, by when they were sent.
    pub(super) windows: Vec<Latencies>,
    /// Those of the measured time.
    pub(super) orders: Vec<String>,
    /// All that were acknowledged, those of the warm-up too.
    pub(super) promised: u64,
    pub(super) refused: u64,
    pub(super) failed: u64,
}

pub(super) struct Worker {
    pub(super) connection: Connection,
    pub(super) names: Arc<Vec<String>>,
    /// The number of the next order, over all connections.
    pub(super) next: Arc<AtomicU64>,
    pub(super) interval: Option<Duration>,
    pub(super) start: Instant,
    pub(super) measured: Instant,
    pub(super) end: Instant,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    order_id: String,
}

impl Worker {
    pub(super) async fn run(mut self) -> anyhow::Result<Found> {
        let mut found = Found::new()?;
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
            let restaurant = &self.names[usize::try_from(number)? % self.names.len()];
            let body = format!(
                r#"{{"customerId":"customer-{number}","restaurantId":"{restaurant}","items":[{{"pizzaType":"Margherita","quantity":1}}]}}"#
            );
            let answer = self
                .connection
                .send(Method::POST, "/api/orders", body.into(), &[])
                .await?;
            found.promised += u64::from(answer.status == 201);
            // The warm-up loads the pizzeria; its times count for nothing.
            if sent < self.measured {
                continue;
            }
            match answer.status {
                201 => {
                    found.record(sent - self.measured, sent.elapsed())?;
                    let created: Created = serde_json::from_slice(&answer.body)?;
                    found.orders.push(created.order_id);
                }
                // Shed load is no error: it is what an overloaded pizzeria has to answer.
                429 | 503 => found.refused += 1,
                _ => found.failed += 1,
            }
        }
    }
}

impl Found {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            latencies: Latencies::new()?,
            windows: Vec::new(),
            orders: Vec::new(),
            promised: 0,
            refused: 0,
            failed: 0,
        })
    }

    /// A created order, sent so long after the measured time began.
    fn record(&mut self, at: Duration, latency: Duration) -> anyhow::Result<()> {
        self.latencies.record(latency)?;
        let window = usize::try_from(at.as_secs() / WINDOW.as_secs())?;
        while self.windows.len() <= window {
            self.windows.push(Latencies::new()?);
        }
        self.windows[window].record(latency)
    }

    pub(super) fn add(&mut self, other: Self) -> anyhow::Result<()> {
        self.latencies.add(&other.latencies)?;
        while self.windows.len() < other.windows.len() {
            self.windows.push(Latencies::new()?);
        }
        for (all, one) in self.windows.iter_mut().zip(&other.windows) {
            all.add(one)?;
        }
        self.promised += other.promised;
        self.orders.extend(other.orders);
        self.refused += other.refused;
        self.failed += other.failed;
        Ok(())
    }
}
