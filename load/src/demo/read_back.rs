//! Every order that was acknowledged must be there, and must have ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use hyper::Method;
use serde_json::{Value, json};

use super::dashboards::is_end;
use super::stock::remakes;
use crate::latency::Latencies;
use crate::place_orders::PlacedOrder;
use crate::retrying_client::RetryingClient;

/// Readers at once; reading back is not measured.
const READ_AT_ONCE: usize = 8;

pub(super) struct Found {
    pub(super) by_state: BTreeMap<String, usize>,
    /// Those that are not there or have not ended, and how they stand.
    pub(super) lost: Vec<String>,
    pub(super) to_ready: Latencies,
    pub(super) to_delivered: Latencies,
    /// Orders that were made: their index among those placed, and how often each was made again.
    pub(super) made: Vec<(usize, u64)>,
}

impl Found {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            by_state: BTreeMap::new(),
            lost: Vec::new(),
            to_ready: Latencies::new()?,
            to_delivered: Latencies::new()?,
            made: Vec::new(),
        })
    }
}

pub(super) async fn read(
    client: &RetryingClient,
    orders: &Arc<[PlacedOrder]>,
) -> anyhow::Result<Found> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut readers = Vec::new();
    for _ in 0..READ_AT_ONCE {
        let (mut client, orders) = (client.another(), Arc::clone(orders));
        let next = Arc::clone(&next);
        readers.push(tokio::spawn(async move {
            let mut found = Found::new()?;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(order) = orders.get(number) else {
                    return anyhow::Ok(found);
                };
                found.look_at(&mut client, number, &order.id).await?;
            }
        }));
    }
    let mut all = Found::new()?;
    for reader in readers {
        all.add(reader.await.context("a reader")??)?;
    }
    Ok(all)
}

impl Found {
    async fn look_at(
        &mut self,
        client: &mut RetryingClient,
        number: usize,
        id: &str,
    ) -> anyhow::Result<()> {
        let answer = client.get(&format!("/api/orders/{id}")).await?;
        let state = match answer.body["status"].as_str() {
            Some(state) if answer.status.is_success() => state,
            _ => {
                self.lost.push(format!("{id}: {}", answer.status));
                return Ok(());
            }
        };
        *self.by_state.entry(state.to_owned()).or_default() += 1;
        if !is_end(state) {
            self.lost.push(format!("{id}: still {state}"));
        }
        if state != "cancelled" && state != "rejected" {
            self.made.push((number, remakes(&answer.body)));
        }
        let path = format!("/api/actors/order/{id}/timeline");
        let timeline = client.tell(Method::POST, &path, &json!([])).await?;
        self.time(&timeline["ok"])
    }

    /// Records how long the order took to each state, by the pizzeria's clock.
    fn time(&mut self, steps: &Value) -> anyhow::Result<()> {
        let at = |state: &str| {
            let steps = steps.as_array().into_iter().flatten();
            // A burned pizza may be ready twice.
            let mut reached = steps.rev().filter(|step| step["to"] == state);
            reached.next().and_then(|step| step["at"].as_u64())
        };
        let Some(created) = at("created") else {
            return Ok(());
        };
        for (state, latencies) in [
            ("ready", &mut self.to_ready),
            ("delivered", &mut self.to_delivered),
        ] {
            if let Some(reached) = at(state) {
                latencies.record(Duration::from_millis(reached.saturating_sub(created)))?;
            }
        }
        Ok(())
    }

    fn add(&mut self, other: Self) -> anyhow::Result<()> {
        for (state, count) in other.by_state {
            *self.by_state.entry(state).or_default() += count;
        }
        self.lost.extend(other.lost);
        self.made.extend(other.made);
        self.to_ready.add(&other.to_ready)?;
        self.to_delivered.add(&other.to_delivered)
    }
}
