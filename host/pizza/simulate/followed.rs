//! What becomes of the orders of one run, as the restaurant's dashboard tells.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::latency::Latencies;
use crate::patient::Patient;
use crate::sse::{Event, Follower};

pub(crate) struct Followed {
    course: Arc<Mutex<Course>>,
    screen: JoinHandle<()>,
}

struct Course {
    /// Orders that have not ended: since when, and how they stand.
    open: HashMap<String, (Instant, String)>,
    delivered: u64,
    /// Cancelled or rejected.
    failed: u64,
    to_delivered: Latencies,
}

#[derive(Default)]
pub(crate) struct Standing {
    pub(crate) in_the_kitchen: usize,
    pub(crate) ready: usize,
    pub(crate) on_the_road: usize,
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
}

impl Followed {
    /// Follows the orders of customers whose names begin like this.
    pub(super) async fn open(
        client: &Patient,
        restaurant: &str,
        customers: String,
    ) -> anyhow::Result<Self> {
        let path = format!("/api/dashboard/{restaurant}/stream");
        let mut screen = Follower::open(client.another(), path).await?;
        let course = Arc::new(Mutex::new(Course {
            open: HashMap::new(),
            delivered: 0,
            failed: 0,
            to_delivered: Latencies::new()?,
        }));
        let shown = Arc::clone(&course);
        let screen = tokio::spawn(async move {
            // Without an answer for so long, nothing more is ordered either.
            while let Ok(event) = screen.next().await {
                let is_ours = event.data["customerId"].as_str();
                if is_ours.is_some_and(|id| id.starts_with(&customers)) {
                    let mut course = shown.lock().unwrap_or_else(PoisonError::into_inner);
                    course.note(&event);
                }
            }
        });
        Ok(Self { course, screen })
    }

    pub(crate) fn standing(&self) -> Standing {
        let course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        let mut standing = Standing {
            delivered: course.delivered,
            failed: course.failed,
            ..Standing::default()
        };
        for (_, status) in course.open.values() {
            match status.as_str() {
                "ready" => standing.ready += 1,
                "outForDelivery" => standing.on_the_road += 1,
                _ => standing.in_the_kitchen += 1,
            }
        }
        standing
    }

    pub(super) fn to_delivered(&self) -> anyhow::Result<Latencies> {
        let course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Latencies::new()?;
        all.add(&course.to_delivered)?;
        Ok(all)
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.screen.abort();
    }
}

impl Course {
    fn note(&mut self, event: &Event) {
        let text = |name: &str| event.data[name].as_str().map(str::to_owned);
        let Some((id, status)) = text("orderId").zip(text("status")) else {
            return;
        };
        match status.as_str() {
            "delivered" => {
                let begun = self.open.remove(&id);
                self.delivered += u64::from(begun.is_some());
                if let Some((begun, _)) = begun {
                    // Longer than an hour is counted as the longest there is.
                    drop(self.to_delivered.record(begun.elapsed()));
                }
            }
            "cancelled" => self.failed += u64::from(self.open.remove(&id).is_some()),
            // From the begin, and told once.
            "rejected" => self.failed += 1,
            _ => {
                let known = self.open.entry(id);
                known.or_insert_with(|| (Instant::now(), String::new())).1 = status;
            }
        }
    }
}
