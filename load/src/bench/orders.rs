//! Orders, created as fast as the pizzeria takes them (closed loop) or at a given rate
//! (open loop: latency counts from when a request was meant to be sent, so that a slow
//! answer does not hide the ones behind it).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::arrivals::{self, Place, Promised};
use super::cpu::{self, CpuSeconds};
use super::lag::LagProbe;
use super::order_worker::{Found, Worker};
use super::report::Report;
use crate::restaurant_setup;
use crate::retrying_client::RetryingClient;
use crate::target::Target;

/// How long a request of the set-up is repeated before the run gives up.
const SET_UP_WITHIN: Duration = Duration::from_secs(30);
/// Chefs of each restaurant: orders are cooked during the run, which is part of the load.
const CHEFS: u32 = 3;

#[derive(Args)]
pub struct Orders {
    #[command(flatten)]
    target: Target,
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=4096))]
    connections: u16,
    /// Orders are spread over so many restaurants, which are set up first
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    restaurants: u16,
    /// Measured time
    #[arg(long, default_value_t = 20)]
    pub(super) seconds: u64,
    /// Load before it, not measured
    #[arg(long, default_value_t = 5)]
    pub(super) warm_up: u64,
    /// Open loop at so many orders a second; without it, closed loop
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<u64>,
    /// Read back only so many of the created orders, evenly spread; 0 is all of them
    #[arg(long, default_value_t = 0)]
    sample: usize,
    /// The longest that orders may take from their acknowledgement to their restaurant and their
    /// kitchen, in milliseconds; otherwise the run fails
    #[arg(long, default_value_t = 1_000, value_name = "MS")]
    lag_max: u64,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Orders {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let report = self.measure().await?;
        report.print(self.json)?;
        report.complain()
    }

    pub(super) async fn measure(&self) -> anyhow::Result<Report> {
        if self.rate == Some(0) {
            bail!("--rate 0 sends nothing; leave it out for a closed loop");
        }
        let names: Vec<String> = (1..=self.restaurants)
            .map(|n| format!("bench-{n}"))
            .collect();
        let mut client = RetryingClient::new(self.target.clone(), SET_UP_WITHIN);
        for name in &names {
            restaurant_setup::set_up(&mut client, &super::restaurant::with_plenty(name, CHEFS))
                .await?;
        }
        let mut places = Vec::new();
        let mut connection = self.target.connect_lean().await?;
        for name in &names {
            places.push(Place::begin(&self.target, &mut connection, name).await?);
        }
        let (places, promised) = (Arc::new(places), Promised::to(names.len()));
        let start = Instant::now();
        let measured = start + Duration::from_secs(self.warm_up);
        let end = measured + Duration::from_secs(self.seconds);
        let workers = self
            .workers(&names, &promised, [start, measured, end])
            .await?;
        let cpu = self.target.connect().await?;
        let cpu = tokio::spawn(cpu::between(cpu, measured, end));
        let lag = LagProbe::new(&self.target, &places, &promised).await?;
        let lag = tokio::spawn(lag.watch(measured, end));
        let progress = progress(self.warm_up + self.seconds);
        let mut all = Found::default();
        for worker in workers {
            all.add(worker.await.context("a worker")??)?;
        }
        progress.finish_and_clear();
        let arrived = arrivals::wait_for_all(&self.target, &places, &promised).await?;
        let cpu: Option<CpuSeconds> = cpu.await.context("the clock of the CPU")??;
        let lag = lag
            .await
            .context("the looks at how far deliveries are behind")??;
        let (read_back, lost) = self.read_back(&all.orders).await?;
        let mode = match self.rate {
            Some(rate) => format!("open loop at {rate}/s"),
            None => "closed loop".to_owned(),
        };
        Ok(Report {
            mode,
            connections: self.connections.into(),
            restaurants: self.restaurants.into(),
            took: Duration::from_secs(self.seconds),
            latencies: all.latencies()?,
            windows: all.windows,
            cpu,
            created: all.orders.len(),
            promised: promised.sum(),
            unsure: all.unsure,
            arrived,
            lag,
            lag_max: Duration::from_millis(self.lag_max),
            refused: all.refused,
            failed: all.failed,
            read_back,
            lost,
        })
    }

    /// One for each connection; the times are when they start, when what they do is measured, and
    /// when it ends.
    async fn workers(
        &self,
        names: &[String],
        promised: &Arc<Promised>,
        [start, measured, end]: [Instant; 3],
    ) -> anyhow::Result<Vec<JoinHandle<anyhow::Result<Found>>>> {
        let request = |name: &String| {
            let body = format!(
                r#"{{"customerId":"customer-{{n}}","restaurantId":"{name}","items":[{{"pizzaType":"Margherita","quantity":1}}]}}"#
            );
            self.target.template("POST", "/api/orders", &body)
        };
        let requests = Arc::new(names.iter().map(request).collect::<Vec<_>>());
        let next = Arc::new(AtomicU64::new(0));
        let mut workers = Vec::new();
        for _ in 0..self.connections {
            let worker = Worker {
                connection: self.target.connect_lean().await?,
                requests: Arc::clone(&requests),
                promised: Arc::clone(promised),
                next: Arc::clone(&next),
                interval: self
                    .rate
                    .map(|rate| Duration::from_secs(1).div_f64(rate as f64)),
                start,
                measured,
                end,
            };
            workers.push(tokio::spawn(worker.run()));
        }
        Ok(workers)
    }

    /// Every acknowledged order must be there.
    async fn read_back(&self, orders: &[Box<str>]) -> anyhow::Result<(usize, usize)> {
        let sample = if self.sample == 0 {
            orders.len()
        } else {
            self.sample
        };
        // At least one apart: a sample may be larger than what there is.
        let step = (orders.len() / sample.max(1)).max(1);
        let chosen: Vec<Box<str>> = orders.iter().step_by(step).cloned().collect();
        let total = chosen.len();
        // A few connections are enough to read back, which is not measured.
        let lanes = usize::from(self.connections).min(16);
        let mut readers = Vec::new();
        for lane in chosen.chunks(total.div_ceil(lanes).max(1)) {
            let (target, lane) = (self.target.clone(), lane.to_vec());
            let mut connection = target.connect_lean().await?;
            readers.push(tokio::spawn(async move {
                let mut lost = 0;
                for order in lane {
                    let read = target.template("GET", &format!("/api/orders/{order}"), "");
                    let answer = connection.ask(&read).await?;
                    lost += usize::from(answer.status != 200);
                }
                anyhow::Ok(lost)
            }));
        }
        let mut lost = 0;
        for reader in readers {
            lost += reader.await.context("a reader")??;
        }
        Ok((total, lost))
    }
}

fn progress(seconds: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} s");
    let bar = ProgressBar::new(seconds);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    let ticking = bar.clone();
    tokio::spawn(async move {
        while !ticking.is_finished() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            ticking.inc(1);
        }
    });
    bar
}
