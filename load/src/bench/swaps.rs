//! Hot swaps under load: the same load twice, the second time while the module of orders is
//! swapped again and again between two of the same code under two digests.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::modules::{self, Forced, activate};
use pizza_cli::table::cell;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::orders::Orders;
use super::report::Report;
use crate::latency::Latencies;

/// What served before is activated again even if its contract differs from the pushed one's.
const FORCED: Forced = Forced {
    changes: true,
    unreadable: false,
    withdrawn: false,
};
const ACTOR_TYPE: &str = "order";

/// Arguments that say which silo's admin API is meant, and how it is opened.
pub trait OpenAdmin {
    /// Opens the admin API.
    ///
    /// # Errors
    /// When it cannot be reached.
    fn open_admin(self) -> impl Future<Output = anyhow::Result<Admin>>;
}

#[derive(Args)]
pub struct Swaps<Target: Args + OpenAdmin> {
    #[command(flatten)]
    orders: Orders,
    #[command(flatten)]
    target: Target,
    /// The component of orders, for example
    /// target/actors/wasm32-wasip2/actor/pizza_actor_order.wasm
    #[arg(long, value_name = "FILE")]
    module: PathBuf,
    /// How many, spread over the measured time
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    swaps: u32,
}

impl<Target: Args + OpenAdmin> Swaps<Target> {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let Self {
            orders,
            target,
            module,
            swaps,
        } = self;
        let wasm = modules::read(&module)?;
        let mut admin = target.open_admin().await?;
        let before = current(&mut admin).await?;
        // On the same machine a moment before: only the comparison means something.
        let baseline = orders.measure().await?;
        let mut digests = Vec::new();
        for mark in [1, 2] {
            // Two digests, because activating the module that serves already would change nothing.
            let (wasm, mut silent) = (marked(&wasm, mark), |_: &str, _: f64| {});
            let pushed = modules::push(&mut admin, ACTOR_TYPE, wasm, None, &mut silent);
            digests.push(cell(&pushed.await?["module"]["digest"]));
        }
        let begin = Instant::now() + Duration::from_secs(orders.warm_up);
        let every = Duration::from_secs(orders.seconds) / swaps;
        // Both run at once; the swaps wait for the warm-up, as the measurement does.
        let swapping = swap(&mut admin, &digests, begin, every, swaps);
        let (during, swapped) = tokio::join!(orders.measure(), swapping);
        // What served before serves again, whatever came of it.
        activate(&mut admin, &before, None, None, FORCED).await?;
        let (during, swapped) = (during?, swapped?);
        print(&baseline, &during, &swapped, swaps, orders.json)?;
        baseline.complain_of_what_is_missing()?;
        during.complain_of_loss()?;
        during.complain_of_what_is_missing()?;
        let failed = during.failed + during.refused;
        ensure!(failed == 0, "{failed} requests failed during the swaps");
        Ok(())
    }
}

async fn current(admin: &mut Admin) -> anyhow::Result<String> {
    let list = admin.get(&format!("/modules?type={ACTOR_TYPE}")).await?;
    let modules = list["modules"].as_array().context("a list of modules")?;
    let serves = modules.iter().find(|module| module["percent"] == 100.0);
    let Some(serves) = serves else {
        bail!("no module serves all orders; end the canary first");
    };
    Ok(cell(&serves["digest"]))
}

/// The same code under another digest: with a custom section that means nothing.
fn marked(wasm: &Bytes, mark: u8) -> Bytes {
    // A custom section: id 0, its length, the length of its name, the name, and one byte of
    // content.
    const SECTION: [u8; 8] = [0, 6, 4, b'm', b'a', b'r', b'k', 0];
    let mut marked = wasm.to_vec();
    marked.extend(SECTION);
    if let Some(last) = marked.last_mut() {
        *last = mark;
    }
    marked.into()
}

/// Activates the modules in turn. Returns how long each swap took, from the request to its answer.
async fn swap(
    admin: &mut Admin,
    digests: &[String],
    begin: Instant,
    every: Duration,
    swaps: u32,
) -> anyhow::Result<Latencies> {
    let mut took = Latencies::new()?;
    for (number, digest) in (0..swaps).zip(digests.iter().cycle()) {
        sleep_until(begin + every * number).await;
        let begun = Instant::now();
        activate(admin, digest, None, None, Forced::default()).await?;
        took.record(begun.elapsed())?;
    }
    Ok(took)
}

fn print(
    baseline: &Report,
    during: &Report,
    swapped: &Latencies,
    swaps: u32,
    as_json: bool,
) -> anyhow::Result<()> {
    let ratio = during.latencies.ms(0.99) / baseline.latencies.ms(0.99);
    let mut out = std::io::stdout().lock();
    if as_json {
        let report: Value = json!({
            "baseline": baseline.json(), "during": during.json(), "swaps": swaps,
            "p99Ratio": ratio, "swapMs": swapped.json(),
        });
        writeln!(out, "{report}")?;
        return Ok(());
    }
    drop(out);
    baseline.print(false)?;
    during.print(false)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "  swaps        {swaps:>10}")?;
    writeln!(out, "  each, p50    {:>10.2} ms", swapped.ms(0.5))?;
    writeln!(out, "  each, p99    {:>10.2} ms", swapped.ms(0.99))?;
    writeln!(
        out,
        "  p99 of orders during swaps: {ratio:.2} times the baseline"
    )?;
    Ok(())
}
