//! What becomes of the orders of one run, as the restaurant's dashboard has it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::latency::Latencies;
use crate::retrying_client::RetryingClient;
use crate::sse::{Event, Follower};

/// How often it is looked at whether all have ended.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Follows a dashboard for as long as it is kept.
pub(crate) struct OrderTracker {
    orders: Arc<Mutex<TrackedOrders>>,
    screen: JoinHandle<()>,
}

struct TrackedOrders {
    /// Orders that have not ended: since when, and in which state.
    open: HashMap<String, (Instant, String)>,
    delivered: u64,
    /// How many orders were cancelled or rejected.
    failed: u64,
    to_delivered: Latencies,
}

/// How many orders there are in each state right now.
#[derive(Default)]
pub(crate) struct OrderCounts {
    pub(crate) in_the_kitchen: usize,
    pub(crate) ready: usize,
    pub(crate) on_the_road: usize,
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
}

impl OrderTracker {
    /// Follows the orders of customers whose names begin with `customers`.
    pub(super) async fn follow(
        client: &RetryingClient,
        restaurant: &str,
        customers: String,
    ) -> anyhow::Result<Self> {
        let path = format!("/api/dashboard/{restaurant}/stream");
        let mut screen = Follower::open(client.another(), path).await?;
        let orders = Arc::new(Mutex::new(TrackedOrders {
            open: HashMap::new(),
            delivered: 0,
            failed: 0,
            to_delivered: Latencies::new()?,
        }));
        let shown = Arc::clone(&orders);
        let screen = tokio::spawn(async move {
            // Without an answer for so long, nothing more is ordered either.
            while let Ok(event) = screen.next().await {
                let is_ours = event.data["customerId"].as_str();
                if is_ours.is_some_and(|id| id.starts_with(&customers)) {
                    let mut orders = shown.lock().unwrap_or_else(PoisonError::into_inner);
                    orders.note(&event);
                }
            }
        });
        Ok(Self { orders, screen })
    }

    pub(crate) fn counts(&self) -> OrderCounts {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts = OrderCounts {
            delivered: orders.delivered,
            failed: orders.failed,
            ..OrderCounts::default()
        };
        for (_, status) in orders.open.values() {
            match status.as_str() {
                "ready" => counts.ready += 1,
                "outForDelivery" => counts.on_the_road += 1,
                _ => counts.in_the_kitchen += 1,
            }
        }
        counts
    }

    /// The orders that have not ended.
    pub(crate) fn open(&self) -> Vec<String> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.open.keys().cloned().collect()
    }

    /// Returns when all have ended, as far as it was heard.
    pub(crate) async fn ended(&self) {
        while !self.open().is_empty() {
            sleep(LOOK_AGAIN).await;
        }
    }

    pub(super) fn to_delivered(&self) -> anyhow::Result<Latencies> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Latencies::new()?;
        all.add(&orders.to_delivered)?;
        Ok(all)
    }
}

impl Drop for OrderTracker {
    fn drop(&mut self) {
        self.screen.abort();
    }
}

impl TrackedOrders {
    fn note(&mut self, event: &Event) {
        let text = |name: &str| event.data[name].as_str().map(str::to_owned);
        let Some((id, status)) = text("orderId").zip(text("status")) else {
            return;
        };
        match status.as_str() {
            "delivered" => {
                // Counted only while it is open, so that each order counts once.
                let begun = self.open.remove(&id);
                self.delivered += u64::from(begun.is_some());
                if let Some((begun, _)) = begun {
                    // The histogram grows with what it is given.
                    let _ = self.to_delivered.record(begun.elapsed());
                }
            }
            "cancelled" => self.failed += u64::from(self.open.remove(&id).is_some()),
            // An order is rejected before it is anything else, and that is told once.
            "rejected" => self.failed += 1,
            _ => {
                let known = self.open.entry(id);
                known.or_insert_with(|| (Instant::now(), String::new())).1 = status;
            }
        }
    }
}
