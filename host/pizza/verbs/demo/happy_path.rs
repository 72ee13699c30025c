//! `pizza demo happy-path`: the driver's phone speaks MQTT, and the customer sees it move.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::demo::report::Seen;
use crate::demo::stage::{Options, Stage};
use crate::demo::town::Size;
use crate::placing::{self, Wish};
use crate::simulate::broker::Broker;
use crate::sse::{Event, Follower};
use crate::table;

const NAME: &str = "happy-path";

#[derive(Args)]
pub(crate) struct HappyPath {
    #[command(flatten)]
    broker: Broker,
    #[command(flatten)]
    options: Options,
}

impl HappyPath {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { broker, options } = self;
        let size = Size {
            kitchens: 1,
            chefs: 1,
            drivers: 1,
            orders: 1,
        };
        let stage = Stage::set(NAME, size, Some(broker), &options).await?;
        let wishes: Arc<[Wish]> = [stage.town.wish(0)].into();
        let (begun, mut seen) = (Instant::now(), Vec::new());
        let tally = placing::place(&stage.client, 1, &wishes, &ProgressBar::hidden()).await?;
        if let Some(order) = tally.placed.first() {
            let wish = &wishes[0];
            let what = format!("{} {} of {}", wish.quantity, wish.pizza, wish.restaurant);
            show(
                &options,
                begun,
                "ordered",
                &json!({"what": what, "orderId": order.id}),
            )?;
            let path = format!("/api/orders/{}/track", order.id);
            let mut track = Follower::open(stage.client.another(), path).await?;
            loop {
                let next = timeout(stage.client.patience(), track.next()).await;
                let Event { kind, data, .. } = next.context("nothing happens to the order")??;
                if kind == "end" {
                    break;
                }
                show(&options, begun, &kind, &data)?;
                if kind == "driver" && data["driverLocation"].is_object() {
                    seen.push(data["driverLocation"].clone());
                }
            }
        }
        seen.dedup();
        let mut report = stage.close(&wishes, tally).await?;
        report.seen = Some(Seen {
            positions: seen.len(),
        });
        if !options.json {
            writeln!(std::io::stdout().lock())?;
        }
        report.print(options.json)?;
        report.verdict()
    }
}

/// A step as it happens: a line, or for programs a line of JSON.
fn show(options: &Options, begun: Instant, kind: &str, data: &Value) -> anyhow::Result<()> {
    let elapsed = begun.elapsed().as_secs_f64();
    if options.json {
        return table::print_json(&json!({"seconds": elapsed, "event": kind, "data": data}));
    }
    writeln!(
        std::io::stdout().lock(),
        "{elapsed:>8.2} s  {kind:<8} {}",
        told(kind, data)
    )?;
    Ok(())
}

/// What is new in an event of this kind.
fn told(kind: &str, data: &Value) -> String {
    let text = |name: &str| data[name].as_str().unwrap_or_default();
    match kind {
        "ordered" => format!("{}: {}", text("what"), text("orderId")),
        "status" => match data["by"].as_str() {
            Some(by) => format!("{} (by {by})", text("status")),
            None => text("status").to_owned(),
        },
        "driver" => {
            let place = &data["driverLocation"];
            match (place["lat"].as_f64(), place["lon"].as_f64()) {
                (Some(lat), Some(lon)) => format!("{} at {lat:.4}, {lon:.4}", text("driverId")),
                _ => text("driverId").to_owned(),
            }
        }
        "eta" => format!("at the door by {}", text("estimatedDeliveryAt")),
        _ => data.to_string(),
    }
}
