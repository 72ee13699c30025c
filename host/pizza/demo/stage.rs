//! What every scene has in common: its beginning and its end.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::read_back;
use super::report::Report;
use super::stock::{Stock, needed};
use super::town::{Size, Town};
use crate::latency::Latencies;
use crate::patient::Patient;
use crate::placing::{Placed, Tally, Wish};
use crate::simulate::broker::Broker;
use crate::simulate::riders::{Habits, Riders};
use crate::simulate::way::Way;
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
pub(crate) struct Stage {
    pub(crate) client: Patient,
    pub(crate) town: Town,
    stock: Stock,
    riders: Riders,
    begun: Instant,
}

impl Stage {
    /// The drivers' phones call the broker; without one they speak HTTP.
    pub(crate) async fn set(
        name: &str,
        size: Size,
        broker: Option<Broker>,
        options: &Options,
    ) -> anyhow::Result<Self> {
        if let Some(broker) = &broker {
            broker.is_there().await?;
        }
        let patience = Duration::from_secs(options.patience);
        let mut client = Patient::new(options.target.clone(), patience);
        let town = Town::plan(name, size);
        town.set_up(&mut client).await?;
        let stock = Stock::read(&mut client, &town).await?;
        let habits = Habits {
            way: Way::Straight(Duration::from_millis(options.ride_ms)),
            broker,
            declines: 0.0,
            seed: 0,
        };
        let mut riders = Riders::new();
        for restaurant in &town.restaurants {
            for id in &restaurant.drivers {
                riders.go(&client, id, restaurant.location, &habits);
            }
        }
        Ok(Self {
            client,
            town,
            stock,
            riders,
            begun: Instant::now(),
        })
    }

    /// Everybody goes home, and what has come of it is counted.
    pub(crate) async fn close(self, wishes: &[Wish], tally: Tally) -> anyhow::Result<Report> {
        let Self {
            mut client,
            town,
            stock: before,
            riders,
            begun,
        } = self;
        let took = begun.elapsed();
        let drivers = riders.count();
        let shift = riders.come_home().await?;
        let Tally { placed, refused } = tally;
        let placed: Arc<[Placed]> = placed.into();
        let found = read_back::read(&client, &placed).await?;
        let stock = Stock::read(&mut client, &town).await?;
        let made: Vec<_> = found
            .made
            .iter()
            .map(|(at, n)| (&placed[*at], *n))
            .collect();
        let needed = needed(&town, wishes, &made);
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
            drivers,
            positions: shift.positions.get(),
            seen: None,
            repeats: client.repeats(),
        })
    }
}
