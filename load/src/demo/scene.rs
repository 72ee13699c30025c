//! What every scene has in common: its beginning and its end.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::read_back;
use super::report::Report;
use super::stock::{Stock, needed};
use super::town::{Size, Town};
use crate::broker::Broker;
use crate::latency::Latencies;
use crate::place_orders::{OrderRequest, Outcome, PlacedOrder};
use crate::retrying_client::RetryingClient;
use crate::simulate::driver_pool::{DriverPool, Habits};
use crate::simulate::travel::Travel;
use crate::target::Target;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,
    /// Give up when nothing is answered, or nothing moves, for this long; more than it takes
    /// to cook a pizza
    #[arg(long, default_value_t = 120, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    patience: u64,
    /// Time of a driver from the restaurant to the customer
    #[arg(long, default_value_t = 2_000, value_name = "MS")]
    ride_ms: u64,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A town in which everybody is at work, and nobody has ordered yet.
pub(crate) struct Scene {
    pub(crate) client: RetryingClient,
    pub(crate) town: Town,
    stock: Stock,
    drivers: DriverPool,
    begun: Instant,
}

impl Scene {
    /// The drivers' phones publish to the broker; without one they speak HTTP.
    pub(crate) async fn set_up(
        name: &str,
        size: Size,
        broker: Option<Broker>,
        options: &Options,
    ) -> anyhow::Result<Self> {
        if let Some(broker) = &broker {
            broker.is_there().await?;
        }
        let patience = Duration::from_secs(options.patience);
        let mut client = RetryingClient::new(options.target.clone(), patience);
        // The broker is asked first: a town without phones would be set up in vain.
        let town = Town::plan(name, size);
        town.set_up(&mut client).await?;
        // The books as they stand: an earlier scene may have been played in the same town.
        let stock = Stock::read(&mut client, &town).await?;
        let habits = Habits {
            travel: Travel::Straight(Duration::from_millis(options.ride_ms)),
            broker,
            declines: 0.0,
            seed: 0,
        };
        let mut drivers = DriverPool::new();
        for restaurant in &town.restaurants {
            for id in &restaurant.drivers {
                drivers.spawn(&client, id, restaurant.location, &habits);
            }
        }
        Ok(Self {
            client,
            town,
            stock,
            drivers,
            begun: Instant::now(),
        })
    }

    /// Sends everybody home, and counts what has come of the scene.
    pub(crate) async fn finish(
        self,
        requests: &[OrderRequest],
        outcome: Outcome,
    ) -> anyhow::Result<Report> {
        let Self {
            mut client,
            town,
            stock: before,
            drivers,
            begun,
        } = self;
        // Before the drivers go home, which is not part of the scene.
        let took = begun.elapsed();
        let count = drivers.count();
        let stats = drivers.finish().await?;
        let Outcome { placed, refused } = outcome;
        let placed: Arc<[PlacedOrder]> = placed.into();
        // Only now: an order that is read before everybody is home may still change.
        let found = read_back::read(&client, &placed).await?;
        let stock = Stock::read(&mut client, &town).await?;
        let made: Vec<_> = found
            .made
            .iter()
            .map(|(at, n)| (&placed[*at], *n))
            .collect();
        let needed = needed(&town, requests, &made);
        let mut creation = Latencies::new()?;
        for order in placed.iter() {
            creation.record(order.took)?;
        }
        Ok(Report {
            took,
            acknowledged: placed.len(),
            refused,
            by_state: found.by_state,
            lost: found.lost,
            creation,
            to_ready: found.to_ready,
            to_delivered: found.to_delivered,
            stock_lines: stock.lines(),
            stock_errors: stock.errors(&before, &needed),
            drivers: count,
            positions: stats.positions.get(),
            seen: None,
            repeats: client.repeats(),
        })
    }
}
