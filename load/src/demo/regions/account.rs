//! What came of it, and whether what was promised held.

use std::io::Write as _;
use std::time::Duration;

use anyhow::bail;
use pizza_cli::table;
use serde_json::{Value, json};

use crate::latency::Latencies;

/// Their names in keys, and for people.
pub(super) const CELLS: [(&str, &str); 3] = [("eu", "Europe"), ("us", "America"), ("ap", "Asia")];
/// How long who orders in a region that is away may wait until it is told so.
const REFUSED_WITHIN_MS: f64 = 5_000.0;

pub(super) struct Account {
    seas: [Duration; 3],
    pairs: Vec<Pair>,
    /// Every order that was acknowledged, and the region of its restaurant.
    pub(super) placed: Vec<(String, usize)>,
    pub(super) outage: Option<Outage>,
    pub(super) lost: Vec<String>,
    /// Of each region's restaurant: the orders that were acknowledged, and those that it knows of.
    pub(super) restaurants: Vec<(usize, usize)>,
}

/// What others noticed of a region that was away.
pub(super) struct Outage {
    pub(super) orders_elsewhere: Latencies,
    /// How soon others heard that it is away.
    pub(super) refusals: Latencies,
    pub(super) called_off: usize,
    /// What a manager's list of all restaurants said was missing.
    pub(super) missing: Vec<String>,
    pub(super) parked: u64,
    /// From the start of its processes until nothing waited for it any more.
    pub(super) back_after: Duration,
}

impl Outage {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            orders_elsewhere: Latencies::new()?,
            refusals: Latencies::new()?,
            called_off: 0,
            missing: Vec::new(),
            parked: 0,
            back_after: Duration::ZERO,
        })
    }
}

impl Account {
    pub(super) fn new(seas: [Duration; 3]) -> anyhow::Result<Self> {
        let pairs = (0..CELLS.len() * CELLS.len()).map(|_| Pair::new());
        Ok(Self {
            seas,
            pairs: pairs.collect::<anyhow::Result<_>>()?,
            placed: Vec::new(),
            outage: None,
            lost: Vec::new(),
            restaurants: Vec::new(),
        })
    }

    /// Of customers of one region and a restaurant of another.
    pub(super) fn pair(&mut self, from: usize, to: usize) -> &mut Pair {
        &mut self.pairs[from * CELLS.len() + to]
    }

    /// # Errors
    /// When the output is closed.
    pub(super) fn print(&self, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            return table::print_json(&self.json());
        }
        let [a, b, c] = self.seas.map(|sea| sea.as_millis());
        let seas = format!(
            "\nthere and back: Europe-America {a} ms, Europe-Asia {b} ms, America-Asia {c} ms\n"
        );
        writeln!(std::io::stdout().lock(), "{seas}")?;
        let rows = self.each().map(|(from, to, pair)| {
            let ms = |times: &Latencies, quantile| format!("{:.1} ms", times.ms(quantile));
            [
                from.to_owned(),
                to.to_owned(),
                ms(&pair.orders, 0.5),
                ms(&pair.orders, 0.99),
                ms(&pair.reads, 0.5),
                ms(&pair.reads, 0.99),
            ]
        });
        let rows = rows.collect::<Vec<_>>();
        let head = [
            "customer",
            "restaurant",
            "order p50",
            "p99",
            "read p50",
            "p99",
        ];
        table::print(head, &rows)?;
        let mut out = std::io::stdout().lock();
        if let Some(outage) = &self.outage {
            writeln!(
                out,
                "\nwhile America was away: {} orders elsewhere, p99 {:.1} ms; whoever ordered there heard so after {:.1} ms;\n\
                 {} of its orders were called off in Europe, {} messages and events waited for it; missing in the list of restaurants: {}\n\
                 it was back, with all that waited, {:.1} s after its start",
                outage.orders_elsewhere.count(),
                outage.orders_elsewhere.ms(0.99),
                outage.refusals.max_ms(),
                outage.called_off,
                outage.parked,
                outage.missing.join(", "),
                outage.back_after.as_secs_f64(),
            )?;
        }
        for ((name, (_, region)), (placed, known)) in
            ["eu", "us", "ap"].iter().zip(CELLS).zip(&self.restaurants)
        {
            writeln!(
                out,
                "{region}: its restaurant ({name}.town-1) knows {known} of {placed} orders"
            )?;
        }
        writeln!(
            out,
            "{} orders were acknowledged, {} are lost",
            self.placed.len(),
            self.lost.len()
        )?;
        Ok(())
    }

    fn each(&self) -> impl Iterator<Item = (&'static str, &'static str, &Pair)> {
        let pairs = self.pairs.iter().enumerate();
        pairs.map(|(at, pair)| {
            let (from, to) = (at / CELLS.len(), at % CELLS.len());
            (CELLS[from].1, CELLS[to].1, pair)
        })
    }

    fn json(&self) -> Value {
        let pairs = self.each().map(|(from, to, pair)| {
            json!({
                "customer": from, "restaurant": to,
                "ordersMs": pair.orders.json(), "readsMs": pair.reads.json(),
            })
        });
        let outage = self.outage.as_ref().map(|outage| {
            json!({
                "ordersElsewhere": outage.orders_elsewhere.count(),
                "ordersElsewhereMs": outage.orders_elsewhere.json(),
                "refusalsMs": outage.refusals.json(),
                "calledOff": outage.called_off,
                "missing": outage.missing,
                "parked": outage.parked,
                "backAfterMs": outage.back_after.as_secs_f64() * 1e3,
            })
        });
        json!({
            "seasMs": self.seas.map(|sea| sea.as_secs_f64() * 1e3),
            "pairs": pairs.collect::<Vec<_>>(),
            "outage": outage,
            "restaurants": self.restaurants.iter().map(|(placed, known)| {
                json!({"placed": placed, "known": known})
            }).collect::<Vec<_>>(),
            "acknowledged": self.placed.len(),
            "lost": self.lost.len(),
            "kept": self.verdict().is_ok(),
        })
    }

    /// # Errors
    /// What was promised and did not hold.
    pub(super) fn verdict(&self) -> anyhow::Result<()> {
        if let Some(lost) = self.lost.first() {
            bail!("{} orders are lost, the first is {lost}", self.lost.len());
        }
        for ((_, region), (placed, known)) in CELLS.iter().zip(&self.restaurants) {
            if placed != known {
                bail!("the restaurant of {region} knows {known} of {placed} orders");
            }
        }
        let Some(outage) = &self.outage else {
            bail!("no region was away");
        };
        if outage.refusals.max_ms() > REFUSED_WITHIN_MS {
            bail!(
                "who ordered in a region that is away waited {:.0} ms to hear so",
                outage.refusals.max_ms()
            );
        }
        Ok(())
    }
}

/// Times of a pair of regions.
pub(super) struct Pair {
    pub(super) orders: Latencies,
    pub(super) reads: Latencies,
}

impl Pair {
    fn new() -> anyhow::Result<Self> {
        let (orders, reads) = (Latencies::new()?, Latencies::new()?);
        Ok(Self { orders, reads })
    }
}
