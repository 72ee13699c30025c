//! `pizza simulate customers`

use std::io::Write as _;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use pizza_cli::table;
use serde_json::json;
use tokio::time::Instant;

use super::common::{Common, live};
use crate::latency;
use crate::simulate::customers::{self, Ordered};
use crate::simulate::restaurant;
use crate::simulate::tracking::OrderCounts;
use pizza_streets::city::City;

/// How many refusals are shown; of the others only the number is told.
const SHOWN_MAX: usize = 5;

#[derive(Args)]
pub struct Customers {
    /// How many order in a minute, on average
    #[arg(long, default_value_t = 6.0, value_name = "PER_MINUTE", value_parser = rate)]
    rate: f64,
    #[command(flatten)]
    common: Common,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok();
    let rate = rate.filter(|rate| (0.01..=60_000.0).contains(rate));
    rate.ok_or_else(|| "from 0.01 to 60000 a minute".to_owned())
}

impl Customers {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { rate, common } = self;
        let stopped = common.stop_after.stopped()?;
        let city = Arc::new(City::named(&common.city)?);
        let (mut client, id) = (common.client(), &common.restaurant);
        restaurant::ready(&mut client, id, &[], &city).await?;
        let customers = customers::Customers::new(&client, id, city, rate, common.seed).await?;
        let (begun, tracker) = (Instant::now(), Arc::clone(&customers.tracker));
        let shown = Arc::clone(&tracker);
        let line = live(move || told(&shown.counts()));
        let ordered = customers.order(stopped).await;
        line.finish_and_clear();
        let (ordered, seconds) = (ordered?, begun.elapsed().as_secs_f64());
        print(&ordered, &tracker.counts(), seconds, common.json)?;
        let refused = &ordered.outcome.refused;
        if !refused.is_empty() {
            let shown: Vec<_> = refused.iter().take(SHOWN_MAX).cloned().collect();
            bail!(
                "{} were not taken:\n  {}",
                refused.len(),
                shown.join("\n  ")
            );
        }
        Ok(())
    }
}

fn told(counts: &OrderCounts) -> String {
    let OrderCounts {
        in_the_kitchen,
        ready,
        on_the_road,
        delivered,
        failed,
    } = counts;
    format!(
        "{in_the_kitchen} in the kitchen, {ready} ready, {on_the_road} on the road; \
         {delivered} delivered, {failed} cancelled or rejected"
    )
}

fn print(
    ordered: &Ordered,
    counts: &OrderCounts,
    seconds: f64,
    as_json: bool,
) -> anyhow::Result<()> {
    let placed = ordered.outcome.placed.len();
    let per_minute = placed as f64 * 60.0 / seconds;
    if as_json {
        return table::print_json(&json!({
            "seconds": seconds, "ordered": placed, "perMinute": per_minute,
            "refused": ordered.outcome.refused.len(),
            "orderIds": ordered.outcome.placed.iter().map(|order| &order.id).collect::<Vec<_>>(),
            "inTheKitchen": counts.in_the_kitchen, "ready": counts.ready,
            "onTheRoad": counts.on_the_road, "delivered": counts.delivered,
            "failed": counts.failed,
            "latencyMs": {
                "creation": ordered.creation.json(),
                "createdToDelivered": ordered.to_delivered.json(),
            },
        }));
    }
    table::print_pairs(&[
        ("took", format!("{seconds:.1} s")),
        ("ordered", format!("{placed}, {per_minute:.1} a minute")),
        ("not taken", ordered.outcome.refused.len().to_string()),
        ("delivered", counts.delivered.to_string()),
        ("on the road", counts.on_the_road.to_string()),
        ("ready", counts.ready.to_string()),
        ("in the kitchen", counts.in_the_kitchen.to_string()),
        ("cancelled or rejected", counts.failed.to_string()),
    ])?;
    writeln!(std::io::stdout().lock())?;
    let latencies = [
        ordered.creation.row("creation"),
        ordered.to_delivered.row("created to delivered"),
    ];
    table::print(latency::head("LATENCY"), &latencies)
}
