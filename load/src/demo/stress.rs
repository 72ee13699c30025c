//! `pizza demo stress`: very many orders of a running pizzeria, or of one that gets more and more silos (`growth`).

mod growth;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::growth::Growth;
use super::dashboards::Dashboards;
use super::scene::{Options, Scene};
use super::town::Size;
use crate::broker::{Address, Broker, Login};
use crate::place_orders::{self, OrderRequest};

const NAME: &str = "stress";

/// Many orders at many restaurants at once; none may be lost, no ingredient neither
///
/// With --silos a pizzeria of its own is started as processes of this machine: Redis, a gateway, and silos, one
/// more after each --step. Orders are placed all the time, each customer as soon as the last one is taken. Of
/// each step it is told how many there were, how long they took, and what CPU an order cost.
///
///   pizza demo stress --orders 1000 --kitchens 20 --drivers 50
///   pizza demo stress --silos 4
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Stress {
    /// Start processes of its own, and add silos until there are so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64), conflicts_with_all = ["to", "broker", "orders", "drivers"])]
    silos: Option<u16>,
    /// With --silos: how long each number of silos is measured, in seconds
    #[arg(long, default_value_t = 10, value_name = "SECONDS", requires = "silos", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    step: u64,
    /// With --silos: where all of them keep what they have [default: a directory for temporary files,
    /// removed at the end]
    #[arg(long, value_name = "DIR", requires = "silos")]
    dir: Option<PathBuf>,
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
            silos,
            step,
            dir,
            orders,
            kitchens,
            drivers,
            chefs,
            at_once,
            broker,
            login,
            options,
        } = self;
        if let Some(silos) = silos {
            let growth = Growth {
                silos: silos.into(),
                step: Duration::from_secs(step),
                kitchens,
                chefs,
                at_once,
                json: options.json,
            };
            return growth.run(dir).await;
        }
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
