//! `pizza demo stress --silos N`: silos are added while orders are placed, and it is told what each of them changes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use pizza_cli::table;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::super::cluster::child::Child;
use super::super::cluster::session::{self, say};
use super::super::cluster::small::SmallCluster;
use super::super::customers::Customers;
use super::super::town::{Size, Town};
use crate::latency::Latencies;
use crate::process::Process;
use crate::retrying_client::RetryingClient;
use crate::target::Target;

/// More than are ever placed; the ingredients are for so many.
const ORDERS_MAX: u32 = 500_000;
const PATIENCE: Duration = Duration::from_secs(60);
/// Orders before anything is measured: every module has served by then.
const WARM_UP: usize = 500;
const WARM_UP_WITHIN: Duration = Duration::from_secs(120);
/// How long moves to a silo that was added are waited for; an actor that never rests stays.
const MOVES_WITHIN: Duration = Duration::from_secs(20);
/// Chefs keep up with what is ordered, or the queues of kitchens would be what is measured.
const SPEED: u64 = 1_200;

/// What is asked for.
pub(super) struct Growth {
    pub(super) silos: usize,
    pub(super) step: Duration,
    pub(super) kitchens: u32,
    pub(super) chefs: u32,
    pub(super) at_once: u16,
    pub(super) json: bool,
}

/// What happened in a span of time.
struct Span {
    silos: usize,
    /// Whether one of them joined in it.
    is_joining: bool,
    took: Duration,
    latencies: Latencies,
    cpu: Cpu,
}

/// CPU time of silos, gateway, Redis and of this process, which is the generator.
#[derive(Clone, Copy, Default)]
struct Cpu([Duration; 4]);

const WHOSE: [&str; 4] = ["silos", "gateway", "redis", "generator"];

struct Mark {
    at: Instant,
    orders: usize,
    cpu: Cpu,
}

impl Growth {
    pub(super) async fn run(self, dir: Option<PathBuf>) -> anyhow::Result<()> {
        let scene = async |dir: &Path, children: &mut Vec<Child>| self.play(dir, children).await;
        let spans = session::run(dir, scene).await?;
        let spans = spans.context("it was stopped before its end")?;
        self.print(&spans)
    }

    async fn play(&self, dir: &Path, children: &mut Vec<Child>) -> anyhow::Result<Vec<Span>> {
        say("Redis, a silo, a gateway")?;
        let mut cluster = SmallCluster::open(dir, SPEED, 1, children).await?;
        let target = Target::new(cluster.gateway, None)?;
        let mut client = RetryingClient::new(target, PATIENCE);
        let size = Size {
            kitchens: self.kitchens,
            chefs: self.chefs,
            drivers: 0,
            orders: ORDERS_MAX,
        };
        let town = Town::plan("stress", size);
        town.set_up(&mut client).await?;
        let mut customers = Customers::begin(&client, town, self.at_once, None);
        customers.until(WARM_UP, WARM_UP_WITHIN).await?;
        let mut spans = Vec::new();
        for silos in 1..=self.silos {
            if silos > 1 {
                say(&format!("silo {silos} joins"))?;
                let begin = mark(&customers, &cluster, children)?;
                cluster.add_silo(children).await?;
                cluster.until_all_are_members().await?;
                cluster.until_moved(MOVES_WITHIN).await?;
                let end = mark(&customers, &cluster, children)?;
                spans.push(span(&customers, &begin, &end, silos, true)?);
            }
            say(&format!("{silos} silos, for {} s", self.step.as_secs()))?;
            let begin = mark(&customers, &cluster, children)?;
            sleep(self.step).await;
            let end = mark(&customers, &cluster, children)?;
            spans.push(span(&customers, &begin, &end, silos, false)?);
        }
        let (_, refused) = customers.finish().await?;
        anyhow::ensure!(
            refused.is_empty(),
            "{} orders were not taken, the first of them: {}",
            refused.len(),
            refused[0]
        );
        Ok(spans)
    }

    fn print(&self, spans: &[Span]) -> anyhow::Result<()> {
        if self.json {
            let spans: Vec<Value> = spans.iter().map(Span::json).collect();
            return table::print_json(&json!({"cores": cores(), "spans": spans}));
        }
        let rows: Vec<[String; 9]> = spans.iter().map(Span::row).collect();
        let head = [
            "SILOS",
            "",
            "ORDERS/S",
            "p50",
            "p99",
            "SILOS",
            "GATEWAY",
            "REDIS",
            "GENERATOR",
        ];
        table::print(head, &rows)?;
        let cores = cores();
        say(&format!(
            "The last four columns are microseconds of CPU an order. This machine has {cores} cores, which silos, gateway, Redis \
             and the generator share: rates cannot add up on it beyond what the cores give. What to compare is the CPU an order: \
             where it stays the same as silos are added, machines of their own would add their rates."
        ))?;
        Ok(())
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn mark(customers: &Customers, cluster: &SmallCluster, children: &[Child]) -> anyhow::Result<Mark> {
    Ok(Mark {
        at: Instant::now(),
        orders: customers.count(),
        cpu: Cpu::now(cluster, children)?,
    })
}

fn span(
    customers: &Customers,
    begin: &Mark,
    end: &Mark,
    silos: usize,
    is_joining: bool,
) -> anyhow::Result<Span> {
    let mut latencies = Latencies::new()?;
    let orders = customers.placed_from(begin.orders);
    for order in orders.iter().take(end.orders - begin.orders) {
        latencies.record(order.took)?;
    }
    let spent = std::array::from_fn(|who| end.cpu.0[who].saturating_sub(begin.cpu.0[who]));
    Ok(Span {
        silos,
        is_joining,
        took: end.at - begin.at,
        latencies,
        cpu: Cpu(spent),
    })
}

impl Cpu {
    /// What all of them have spent so far.
    fn now(cluster: &SmallCluster, children: &[Child]) -> anyhow::Result<Self> {
        let mut cpu = [Duration::ZERO; 4];
        for (place, child) in children.iter().enumerate() {
            let pid = child.pid();
            let pid = pid.with_context(|| format!("{} has ended", child.name))?;
            let whose = match &*child.name {
                _ if cluster.is_silo(place) => 0,
                "gateway" => 1,
                _ => 2,
            };
            cpu[whose] += Process::of(pid)?.cpu()?;
        }
        cpu[3] = Process::of(std::process::id())?.cpu()?;
        Ok(Self(cpu))
    }

    fn us_of_each(self, orders: u64) -> [f64; 4] {
        let each = |spent: Duration| spent.as_secs_f64() * 1e6 / orders.max(1) as f64;
        self.0.map(each)
    }
}

impl Span {
    fn per_second(&self) -> f64 {
        self.latencies.count() as f64 / self.took.as_secs_f64()
    }

    fn row(&self) -> [String; 9] {
        let ms = |quantile| format!("{:.1} ms", self.latencies.ms(quantile));
        let cpu = self.cpu.us_of_each(self.latencies.count());
        let [silos, gateway, redis, generator] = cpu.map(|us| format!("{us:.0} µs"));
        let what = if self.is_joining { "joining" } else { "" };
        [
            self.silos.to_string(),
            what.to_owned(),
            format!("{:.0}", self.per_second()),
            ms(0.5),
            ms(0.99),
            silos,
            gateway,
            redis,
            generator,
        ]
    }

    fn json(&self) -> Value {
        let cpu = self.cpu.us_of_each(self.latencies.count());
        let cpu: serde_json::Map<String, Value> = WHOSE
            .into_iter()
            .zip(cpu)
            .map(|(whose, us)| (whose.to_owned(), json!(us)))
            .collect();
        json!({
            "silos": self.silos,
            "joining": self.is_joining,
            "seconds": self.took.as_secs_f64(),
            "orders": self.latencies.count(),
            "perSecond": self.per_second(),
            "latencyMs": self.latencies.json(),
            "cpuUsAnOrder": cpu,
        })
    }
}
