//! Whether an order that was promised has arrived everywhere: a restaurant counts it when it
//! has read the order's event, which is after the order was reserved and committed.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use hyper::Method;
use pizza_cli::connection::Connection;
use serde::Deserialize;
use tokio::time::{Instant, sleep};

/// How long the last events may take to arrive before the run is a failure.
const WITHIN: Duration = Duration::from_secs(60);
/// Between two looks. A look at a hundred restaurants takes some tens of milliseconds.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) struct RestaurantCounts {
    connection: Connection,
    restaurants: Vec<String>,
    before: u64,
}

/// What the restaurants had counted in the end.
pub(super) struct Counted {
    pub(super) orders: u64,
    /// From the end of the load until they had counted everything; the time of the last look
    /// where they never have.
    pub(super) after: Duration,
}

#[derive(Deserialize)]
struct History {
    periods: Vec<Day>,
}

#[derive(Deserialize)]
struct Day {
    orders: u64,
}

impl RestaurantCounts {
    /// # Errors
    /// When a restaurant cannot be asked.
    pub(super) async fn begin(
        connection: Connection,
        restaurants: &[String],
    ) -> anyhow::Result<Self> {
        let mut counts = Self {
            connection,
            restaurants: restaurants.to_vec(),
            before: 0,
        };
        counts.before = counts.sum().await?;
        Ok(counts)
    }

    /// Waits until all promised orders are counted, or it takes too long.
    ///
    /// # Errors
    /// When a restaurant cannot be asked.
    pub(super) async fn reach(mut self, promised: u64) -> anyhow::Result<Counted> {
        let begun = Instant::now();
        loop {
            let orders = self.sum().await?.saturating_sub(self.before);
            let after = begun.elapsed();
            if orders >= promised || after > WITHIN {
                return Ok(Counted { orders, after });
            }
            sleep(PAUSE).await;
        }
    }

    /// The orders of all days that the restaurants remember.
    async fn sum(&mut self) -> anyhow::Result<u64> {
        let mut sum = 0;
        for restaurant in &self.restaurants {
            // All days that it remembers: midnight may pass during a run.
            let path = format!("/api/restaurants/{restaurant}/history?by=day&limit=90");
            let asked = self.connection.send(Method::GET, &path, "".into(), &[]);
            let answer = asked.await?;
            let status = answer.status;
            ensure!(
                status == 200,
                "the history of {restaurant}: status {status}"
            );
            let history: History = serde_json::from_slice(&answer.body)
                .with_context(|| format!("the history of {restaurant}"))?;
            sum += history.periods.iter().map(|day| day.orders).sum::<u64>();
        }
        Ok(sum)
    }
}
