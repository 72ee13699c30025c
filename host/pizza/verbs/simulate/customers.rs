//! `pizza simulate customers`

use std::io::Write as _;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use serde_json::json;
use tokio::time::Instant;

use super::{Common, live};
use crate::simulate::city::City;
use crate::simulate::customers::{self, Ordered};
use crate::simulate::followed::Standing;
use crate::simulate::restaurant;
use crate::{latency, table};

const SHOWN_MAX: usize = 5;

#[derive(Args)]
pub(crate) struct Customers {
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
        let ending = common.ending.comes()?;
        let city = Arc::new(City::named(&common.city)?);
        let (mut client, id) = (common.client(), &common.restaurant);
        restaurant::ready(&mut client, id, &[], &city).await?;
        let customers = customers::Customers::new(&client, id, city, rate, common.seed).await?;
        let (begun, followed) = (Instant::now(), Arc::clone(&customers.followed));
        let shown = Arc::clone(&followed);
        let line = live(move || told(&shown.standing()));
        let ordered = customers.order(ending).await;
        line.finish_and_clear();
        let (ordered, seconds) = (ordered?, begun.elapsed().as_secs_f64());
        print(&ordered, &followed.standing(), seconds, common.json)?;
        let refused = &ordered.tally.refused;
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

fn told(standing: &Standing) -> String {
    let Standing {
        in_the_kitchen,
        ready,
        on_the_road,
        delivered,
        failed,
    } = standing;
    format!(
        "{in_the_kitchen} in the kitchen, {ready} ready, {on_the_road} on the road; \
         {delivered} delivered, {failed} cancelled or rejected"
    )
}

fn print(
    ordered: &Ordered,
    standing: &Standing,
    seconds: f64,
    as_json: bool,
) -> anyhow::Result<()> {
    let placed = ordered.tally.placed.len();
    let per_minute = placed as f64 * 60.0 / seconds;
    if as_json {
        return table::print_json(&json!({
            "seconds": seconds, "ordered": placed, "perMinute": per_minute,
            "refused": ordered.tally.refused.len(),
            "orderIds": ordered.tally.placed.iter().map(|order| &order.id).collect::<Vec<_>>(),
            "inTheKitchen": standing.in_the_kitchen, "ready": standing.ready,
            "onTheRoad": standing.on_the_road, "delivered": standing.delivered,
            "failed": standing.failed,
            "latencyMs": {
                "creation": ordered.creation.json(),
                "createdToDelivered": ordered.to_delivered.json(),
            },
        }));
    }
    table::print_pairs(&[
        ("took", format!("{seconds:.1} s")),
        ("ordered", format!("{placed}, {per_minute:.1} a minute")),
        ("not taken", ordered.tally.refused.len().to_string()),
        ("delivered", standing.delivered.to_string()),
        ("on the road", standing.on_the_road.to_string()),
        ("ready", standing.ready.to_string()),
        ("in the kitchen", standing.in_the_kitchen.to_string()),
        ("cancelled or rejected", standing.failed.to_string()),
    ])?;
    writeln!(std::io::stdout().lock())?;
    let latencies = [
        ordered.creation.row("creation"),
        ordered.to_delivered.row("created to delivered"),
    ];
    table::print(latency::head("LATENCY"), &latencies)
}
