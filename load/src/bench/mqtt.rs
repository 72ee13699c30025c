//! Positions of drivers on the road, published over MQTT at QoS 1: how long the broker takes
//! to acknowledge one, and how long it takes to the customer who follows the order. An open
//! loop: latency counts from when a position was meant to be sent.
//!
//! With `--max` the rate is doubled until it is not sustained, and then halved in between: a
//! closed loop would find the broker's rate, which acknowledges before the pizzeria has heard.

mod driver;
mod fleet;
mod report;

use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use self::fleet::Fleet;
use self::report::{Report, Step};
use crate::broker::Broker;
use crate::retrying_client::RetryingClient;
use crate::target::Target;

/// How closely the highest sustained rate is looked for, once it is known within a factor of two.
const BISECTIONS: u32 = 3;
const RATE_MAX: u64 = 1_000_000;

#[derive(Args)]
pub struct MqttBench {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    broker: Broker,
    /// Drivers, each with an order on the road and a customer who follows it
    #[arg(long, default_value_t = 50, value_name = "D", value_parser = clap::value_parser!(u16).range(1..=2_000))]
    drivers: u16,
    /// Positions a second, of all drivers together
    #[arg(long, default_value_t = 1_000, value_name = "PER_SECOND", value_parser = clap::value_parser!(u64).range(1..=RATE_MAX))]
    rate: u64,
    /// Measured time; with --max, at each rate
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Load before it, not measured
    #[arg(long, default_value_t = 2)]
    warm_up: u64,
    /// Look for the highest rate that is sustained, from --rate on: all positions arrive, and
    /// 99 of 100 within a second
    #[arg(long)]
    max: bool,
    /// How long to wait for a pizza to be ready, and in the end for what is still on its way
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    patience: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl MqttBench {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        // The broker is looked for before restaurants are set up, which takes long for many
        // drivers.
        self.broker.is_there().await?;
        let patience = Duration::from_secs(self.patience);
        let client = RetryingClient::new(self.target.clone(), patience);
        let mut fleet = Fleet::set_out(&client, &self.broker, self.drivers).await?;
        let mut steps = Vec::new();
        let highest = if self.max {
            Some(self.highest(&mut fleet, &mut steps).await?)
        } else {
            steps.push(self.step(&mut fleet, self.rate).await?);
            None
        };
        let lost = fleet.come_home().await?;
        let report = Report {
            drivers: self.drivers.into(),
            steps,
            highest,
            lost,
        };
        report.print(self.json)?;
        report.complain_of_loss()
    }

    async fn step(&self, fleet: &mut Fleet, rate: u64) -> anyhow::Result<Step> {
        let begin = Instant::now();
        let measured = begin + Duration::from_secs(self.warm_up);
        let end = measured + Duration::from_secs(self.seconds);
        fleet.publish(rate, [begin, measured, end]).await
    }

    /// The highest sustained rate in positions a second, or 0 when no rate that was tried is.
    async fn highest(&self, fleet: &mut Fleet, steps: &mut Vec<Step>) -> anyhow::Result<u64> {
        let (mut good, mut bad) = (0, self.rate);
        // Each step doubles the rate, so that any rate is found within a few steps.
        while bad <= RATE_MAX {
            steps.push(self.step(fleet, bad).await?);
            if !steps.last().is_some_and(Step::is_sustained) {
                break;
            }
            (good, bad) = (bad, bad * 2);
        }
        for _ in 0..BISECTIONS {
            // Without one sustained rate this goes down towards 0.
            let rate = good.midpoint(bad);
            if rate == good || bad > RATE_MAX {
                break;
            }
            steps.push(self.step(fleet, rate).await?);
            if steps.last().is_some_and(Step::is_sustained) {
                good = rate;
            } else {
                bad = rate;
            }
        }
        Ok(good)
    }
}
