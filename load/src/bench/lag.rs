//! How far deliveries are behind while the load lasts. Each second one restaurant is chosen, and
//! looked at until it and its kitchen have all orders that were promised until then.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::arrivals::{self, Both, Place, Promised};
use super::metrics::{self, Metrics};
use crate::latency::Latencies;
use crate::lean_connection::LeanConnection;
use crate::target::Target;

/// From one restaurant to the next: rare enough that looking costs the pizzeria little.
const EVERY: Duration = Duration::from_secs(1);

pub(super) struct Lag {
    /// From an acknowledgement until the order was there, at the latest, of each look.
    pub(super) until_there: Both<Latencies>,
    /// The most one-way messages on their way at a look; absent where the server keeps no metrics,
    /// or shows them to others than this client.
    pub(super) outbox_pending_max: Option<u64>,
}

pub(super) struct LagProbe {
    connection: LeanConnection,
    metrics: Metrics,
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
            metrics: Metrics::open(target).await?,
            places: Arc::clone(places),
            promised: Arc::clone(promised),
        })
    }

    /// Looks from one moment to the other; the last look goes on until `over` at the longest.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(super) async fn watch(mut self, [begin, end, over]: [Instant; 3]) -> anyhow::Result<Lag> {
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
            let took = self.look_at(at, over).await?;
            lag.until_there.restaurants.record(took.restaurants)?;
            lag.until_there.kitchens.record(took.kitchens)?;
            sleep_until(begun + EVERY).await;
        }
        Ok(lag)
    }

    async fn look_at(&mut self, at: usize, over: Instant) -> anyhow::Result<Both<Duration>> {
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
            let is_over = waited > arrivals::WITHIN || Instant::now() > over;
            if let Some(took) = there.both_or(waited, is_over) {
                return Ok(took);
            }
            sleep(arrivals::PAUSE).await;
        }
    }

    async fn pending(&mut self) -> anyhow::Result<Option<u64>> {
        let [pending] = self.metrics.read([metrics::OUTBOX_PENDING]).await?;
        Ok(pending.map(|pending| pending as u64))
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
