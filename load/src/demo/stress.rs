//! `pizza demo stress`

use std::sync::Arc;

use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::dashboards::Dashboards;
use super::scene::{Options, Scene};
use super::town::Size;
use crate::broker::{Address, Broker, Login};
use crate::place_orders::{self, OrderRequest};

const NAME: &str = "stress";

#[derive(Args)]
pub struct Stress {
    /// How many are ordered
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    orders: u32,
    /// Restaurants, each with its kitchen; they are called stress-1 and so on
    #[arg(long, default_value_t = 20, value_name = "K", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    kitchens: u32,
    /// Drivers of all restaurants together; at least one for each
    #[arg(long, default_value_t = 50, value_name = "D", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    drivers: u32,
    /// Chefs in each kitchen
    #[arg(long, default_value_t = 10, value_name = "C", value_parser = clap::value_parser!(u32).range(1..=100))]
    chefs: u32,
    /// Customers who order at the same time
    #[arg(long, default_value_t = 32, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1_024))]
    at_once: u16,
    /// Drivers tell where they are over MQTT, to this broker; without it over HTTP
    #[arg(long = "mqtt", value_name = "URL")]
    broker: Option<Address>,
    #[command(flatten)]
    login: Login,
    #[command(flatten)]
    options: Options,
}

impl Stress {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self {
            orders,
            kitchens,
            drivers,
            chefs,
            at_once,
            broker,
            login,
            options,
        } = self;
        let broker = broker.map(|address| Broker { address, login });
        let size = Size {
            kitchens,
            chefs,
            // Where nobody drives, nothing would ever arrive.
            drivers: drivers.max(kitchens),
            orders,
        };
        let mut scene = Scene::set_up(NAME, size, broker, &options).await?;
        let mut dashboards = Dashboards::open(&scene.client, &scene.town).await?;
        let requests: Arc<[OrderRequest]> = (0..orders)
            .map(|number| scene.town.request(number))
            .collect();
        let bars = MultiProgress::new();
        if options.json {
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        let (ordered, ended) = (bar(&bars, orders, "ordered"), bar(&bars, orders, "ended"));
        let outcome =
            place_orders::place(&scene.client, at_once.into(), &requests, &ordered).await?;
        dashboards
            .all_ended(&mut scene.client, &outcome.placed, &ended)
            .await?;
        bars.clear()?;
        let report = scene.finish(&requests, outcome).await?;
        report.print(options.json)?;
        report.verdict()
    }
}

fn bar(bars: &MultiProgress, orders: u32, what: &'static str) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(orders.into())).with_message(what);
    match ProgressStyle::with_template("{msg:8} {bar:40} {pos}/{len}  {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
