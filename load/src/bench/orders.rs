//! Orders, created as fast as the pizzeria takes them (closed loop) or at a given rate
//! (open loop: latency counts from when a request was meant to be sent, so that a slow
//! answer does not hide the ones behind it).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use indicatif::ProgressBar;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::arrivals::{self, Place, Promised};
use super::cpu::{self, CpuSeconds};
use super::lag::LagProbe;
use super::metrics::Metrics;
use super::order_worker::{Found, Worker};
use super::read_back::{self, ReadBack};
use super::report::Report;
use crate::progress::bar;
use crate::restaurant_setup;
use crate::retrying_client::RetryingClient;
use crate::target::Target;

/// How long a request of the set-up is repeated before the run gives up.
const SET_UP_WITHIN: Duration = Duration::from_secs(30);
/// Chefs of each restaurant: orders are cooked during the run, which is part of the load.
const CHEFS: u32 = 3;

/// Create orders as fast as the pizzeria takes them, or at a given rate
///
/// Orders are created for a while, and cooked meanwhile. In the end each of them has to be in its
/// restaurant and in its kitchen once, and can be read back. How many orders were open at once, that
/// is not ended when the load ended, is what the restaurants say.
///
///   pizza bench orders --seconds 60
///   pizza bench orders --rate 2000 --seconds 50     # 100,000 orders that are open at once
///
/// An open loop goes on for 10 seconds with what it was to send and could not. What has not been sent
/// then, what is not answered and what is not where it belongs after --end-within makes the run fail.
#[derive(Args)]
#[command(verbatim_doc_comment)]
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
    sample: u64,
    /// The longest that orders may take from their acknowledgement to their restaurant and their
    /// kitchen, in milliseconds; otherwise the run fails
    #[arg(long, default_value_t = 1_000, value_name = "MS")]
    lag_max: u64,
    /// How long the end may take: the last answers, what is on its way to restaurants and kitchens,
    /// and reading back
    #[arg(long, default_value_t = 120, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    end_within: u64,
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
        let places = Arc::new(self.set_up(&names).await?);
        let promised = Promised::to(names.len());
        let start = Instant::now();
        let measured = start + Duration::from_secs(self.warm_up);
        let end = measured + Duration::from_secs(self.seconds);
        let over = end + Duration::from_secs(self.end_within);
        let workers = self
            .workers(&names, &promised, [start, measured, end, over])
            .await?;
        let cpu = Metrics::open(&self.target).await?;
        let cpu = tokio::spawn(cpu::between(cpu, measured, end));
        let lag = LagProbe::new(&self.target, &places, &promised).await?;
        let lag = tokio::spawn(lag.watch([measured, end, over]));
        let progress = progress(self.warm_up + self.seconds, &promised);
        let mut all = Found::default();
        for worker in workers {
            all.add(worker.await.context("a worker")??)?;
        }
        progress.finish_and_clear();
        let late = end.elapsed();
        let arrived = arrivals::wait_for_all(&self.target, &places, &promised, over).await?;
        let cpu: Option<CpuSeconds> = cpu.await.context("the clock of the CPU")??;
        let lag = lag
            .await
            .context("the looks at how far deliveries are behind")??;
        let created = all.orders.len();
        let latencies = all.latencies()?;
        let read_back = self.read_back(all.orders, over).await?;
        let mode = match self.rate {
            Some(rate) => format!("open loop at {rate}/s"),
            None => "closed loop".to_owned(),
        };
        Ok(Report {
            mode,
            connections: self.connections.into(),
            restaurants: self.restaurants.into(),
            took: Duration::from_secs(self.seconds),
            late,
            in_time: all.in_time,
            latencies,
            windows: all.windows,
            cpu,
            created,
            promised: promised.sum(),
            unsure: all.unsure,
            arrived,
            lag,
            lag_max: Duration::from_millis(self.lag_max),
            refused: all.refused,
            failed: all.failed,
            unanswered: all.unanswered,
            unsent: all.unsent,
            read_back,
        })
    }

    /// The restaurants, and what is in them and in their kitchens already.
    async fn set_up(&self, names: &[String]) -> anyhow::Result<Vec<Place>> {
        let mut client = RetryingClient::new(self.target.clone(), SET_UP_WITHIN);
        let mut connection = self.target.connect_lean().await?;
        let bar = bar(
            names.len() as u64,
            "{bar:40} {pos}/{len} restaurants set up",
        );
        for name in names {
            let wanted = super::restaurant::with_plenty(name, CHEFS);
            restaurant_setup::set_up(&mut client, &wanted).await?;
            bar.inc(1);
        }
        let mut places = Vec::new();
        for name in names {
            places.push(Place::begin(&self.target, &mut connection, name).await?);
        }
        bar.finish_and_clear();
        Ok(places)
    }

    /// One for each connection; the times are when they start, when what they do is measured, when
    /// it ends, and when no answer is waited for any more.
    async fn workers(
        &self,
        names: &[String],
        promised: &Arc<Promised>,
        [start, measured, end, over]: [Instant; 4],
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
                over,
            };
            workers.push(tokio::spawn(worker.run()));
        }
        Ok(workers)
    }

    /// Every acknowledged order must be there.
    async fn read_back(&self, orders: Vec<Box<str>>, last: Instant) -> anyhow::Result<ReadBack> {
        let step = read_back::step(orders.len() as u64, self.sample);
        let wanted = (orders.len() as u64).div_ceil(step);
        let (target, orders) = (self.target.clone(), Arc::new(orders));
        let read = move |number: u64| {
            let order = &orders[(number * step) as usize];
            let read = target.template("GET", &format!("/api/orders/{order}"), "");
            (Arc::new(read), number)
        };
        read_back::read_back(&self.target, wanted, Some(last), read).await
    }
}

fn progress(seconds: u64, promised: &Arc<Promised>) -> ProgressBar {
    let bar = bar(seconds, "{bar:40} {pos}/{len} s, {msg}");
    let (ticking, promised) = (bar.clone(), Arc::clone(promised));
    tokio::spawn(async move {
        while !ticking.is_finished() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let is_late = ticking.position() >= seconds;
            if !is_late {
                ticking.inc(1);
            }
            let late = if is_late { "; the last answers" } else { "" };
            ticking.set_message(format!("{} orders{late}", promised.sum()));
        }
    });
    bar
}
