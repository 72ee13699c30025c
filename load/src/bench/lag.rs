//! How far deliveries are behind while the load lasts. Each second one restaurant is chosen, and
//! looked at until it and its kitchen have all orders that were promised until then.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::arrivals::{self, Both, Place, Promised};
use crate::latency::Latencies;
use crate::lean_connection::{LeanConnection, Template};
use crate::target::Target;

/// From one restaurant to the next: rare enough that looking costs the pizzeria little.
const EVERY: Duration = Duration::from_secs(1);
/// The gauge of the server's one-way messages that are on their way.
const PENDING: &str = "pizza_outbox_pending";

pub(super) struct Lag {
    /// From an acknowledgement until the order was there, at the latest, of each look.
    pub(super) until_there: Both<Latencies>,
    /// The most one-way messages on their way at a look; absent where the server keeps no metrics,
    /// or shows them to others than this client.
    pub(super) outbox_pending_max: Option<u64>,
}

pub(super) struct LagProbe {
    connection: LeanConnection,
    metrics: Template,
    places: Arc<Vec<Place>>,
    promised: Arc<Promised>,
}

impl LagProbe {
    /// # Errors
    /// When the pizzeria cannot be reached.
    pub(super) async fn new(
        target: &Target,
        places: &Arc<Vec<Place>>,
        promised: &Arc<Promised>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            connection: target.connect_lean().await?,
            metrics: target.template("GET", "/metrics", ""),
            places: Arc::clone(places),
            promised: Arc::clone(promised),
        })
    }

    /// Looks from one moment to the other.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn watch(mut self, begin: Instant, end: Instant) -> anyhow::Result<Lag> {
        let mut lag = Lag {
            until_there: Both {
                restaurants: Latencies::new()?,
                kitchens: Latencies::new()?,
            },
            outbox_pending_max: None,
        };
        sleep_until(begin).await;
        for at in (0..self.places.len()).cycle() {
            let begun = Instant::now();
            if begun >= end {
                break;
            }
            lag.outbox_pending_max = lag.outbox_pending_max.max(self.pending().await?);
            let took = self.look_at(at).await?;
            lag.until_there.restaurants.record(took.restaurants)?;
            lag.until_there.kitchens.record(took.kitchens)?;
            sleep_until(begun + EVERY).await;
        }
        Ok(lag)
    }

    async fn look_at(&mut self, at: usize) -> anyhow::Result<Both<Duration>> {
        let wanted = self.promised.of(at);
        let (place, connection) = (&self.places[at], &mut self.connection);
        let begun = Instant::now();
        let mut there = Both::<Option<Duration>>::default();
        loop {
            if there.restaurants.is_none() && place.in_restaurant(connection).await? >= wanted {
                there.restaurants = Some(begun.elapsed());
            }
            if there.kitchens.is_none()
                && let Some(count) = place.in_kitchen(connection).await?
                && count >= wanted
            {
                there.kitchens = Some(begun.elapsed());
            }
            let waited = begun.elapsed();
            // What is never there counts with the whole bound, and shows in the end.
            if let Some(took) = there.both_or(waited, waited > arrivals::WITHIN) {
                return Ok(took);
            }
            sleep(arrivals::PAUSE).await;
        }
    }

    async fn pending(&mut self) -> anyhow::Result<Option<u64>> {
        let answer = self.connection.ask(&self.metrics).await?;
        let text = String::from_utf8_lossy(answer.body);
        let mut values = text.lines().filter_map(|line| line.strip_prefix(PENDING));
        Ok(values.find_map(|value| value.trim().parse().ok()))
    }
}

impl Both<Option<Duration>> {
    /// Both, or `waited` for what is missing if it is not waited for any longer.
    fn both_or(self, waited: Duration, is_over: bool) -> Option<Both<Duration>> {
        let or = |took: Option<Duration>| took.or(is_over.then_some(waited));
        Some(Both {
            restaurants: or(self.restaurants)?,
            kitchens: or(self.kitchens)?,
        })
    }
}
