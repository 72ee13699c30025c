//! `pizza simulate drivers`

use std::sync::Arc;

use clap::Args;
use pizza_cli::table;
use serde_json::json;
use tokio::time::Instant;

use super::common::{Common, live};
use crate::broker::Broker;
use crate::simulate::driver_pool::{DriverPool, Habits};
use crate::simulate::driver_stats::DriverStats;
use crate::simulate::restaurant;
use crate::simulate::travel::Travel;
use pizza_streets::city::City;

#[derive(Args)]
pub struct Drivers {
    /// How many
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    count: u32,
    /// What they are called, with a number behind it; two simulations need two
    #[arg(long, default_value = "sim", value_name = "PREFIX")]
    name: String,
    /// How many times faster than life they ride; they tell their place four times a second
    /// at most
    #[arg(long, default_value_t = 1.0, value_name = "N", value_parser = speed)]
    speed: f64,
    /// How many of a hundred offers they refuse, or leave without an answer
    #[arg(long, default_value_t = 0, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    reject: u8,
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    common: Common,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok();
    let speed = speed.filter(|speed| (0.1..=1_000.0).contains(speed));
    speed.ok_or_else(|| "from 0.1 to 1000".to_owned())
}

impl Drivers {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let common = &self.common;
        let stopped = common.stop_after.stopped()?;
        let city = Arc::new(City::named(&common.city)?);
        self.broker.is_there().await?;
        let mut client = common.client();
        let name = &self.name;
        let ids: Vec<String> = (1..=self.count).map(|n| format!("{name}-{n}")).collect();
        let location = restaurant::ready(&mut client, &common.restaurant, &ids, &city).await?;
        let habits = Habits {
            travel: Travel::Streets {
                city,
                faster: self.speed,
            },
            broker: Some(self.broker),
            declines: f64::from(self.reject) / 100.0,
            seed: common.seed,
        };
        let begun = Instant::now();
        let mut drivers = DriverPool::new();
        for id in &ids {
            drivers.spawn(&client, id, location, &habits);
        }
        let (stats, count) = (Arc::clone(&drivers.stats), self.count);
        let line = live(move || told(&stats, count));
        let error = tokio::select! {
            () = stopped => None,
            error = drivers.first_error() => Some(error),
        };
        line.set_message("the last orders are delivered");
        let stats = Arc::clone(&drivers.stats);
        let home = drivers.finish().await;
        line.finish_and_clear();
        print(&stats, count, begun.elapsed().as_secs_f64(), common.json)?;
        error.map_or(home.map(|_| ()), Err)
    }
}

fn told(stats: &DriverStats, drivers: u32) -> String {
    let carrying = stats.carrying.get();
    let (delivered, positions) = (stats.delivered.get(), stats.positions.get());
    format!(
        "{drivers} drivers, {carrying} with an order; {delivered} delivered, \
         {positions} positions over MQTT"
    )
}

fn print(stats: &DriverStats, drivers: u32, seconds: f64, as_json: bool) -> anyhow::Result<()> {
    let rows = [
        ("positions", &stats.positions),
        ("accepted", &stats.accepted),
        ("rejected", &stats.rejected),
        ("ignored", &stats.ignored),
        ("delivered", &stats.delivered),
        ("reconnected", &stats.connections_lost),
    ];
    if as_json {
        let counts = rows.map(|(name, count)| (name.to_owned(), json!(count.get())));
        let mut report = serde_json::Map::from_iter(counts);
        report.insert("seconds".to_owned(), json!(seconds));
        report.insert("drivers".to_owned(), json!(drivers));
        return table::print_json(&report.into());
    }
    let mut pairs = vec![
        ("took", format!("{seconds:.1} s")),
        ("drivers", format!("{drivers}, offline again")),
    ];
    pairs.extend(rows.map(|(name, count)| (name, count.get().to_string())));
    table::print_pairs(&pairs)
}
