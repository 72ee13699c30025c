//! `pizza demo happy-path`: the driver's phone speaks MQTT, and the customer sees it move.

use std::io::Write as _;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use indicatif::ProgressBar;
use pizza_cli::table;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::report::Seen;
use super::scene::{Options, Scene};
use super::town::Size;
use crate::broker::Broker;
use crate::place_orders::{self, OrderRequest};
use crate::sse::{Event, Follower};

const NAME: &str = "happy-path";

#[derive(Args)]
pub struct HappyPath {
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
        let scene = Scene::set_up(NAME, size, Some(broker), &options).await?;
        let requests: Arc<[OrderRequest]> = [scene.town.request(0)].into();
        let (begun, mut seen) = (Instant::now(), Vec::new());
        let outcome =
            place_orders::place(&scene.client, 1, &requests, &ProgressBar::hidden()).await?;
        if let Some(order) = outcome.placed.first() {
            let request = &requests[0];
            let what = format!(
                "{} {} of {}",
                request.quantity, request.pizza, request.restaurant
            );
            show(
                &options,
                begun,
                "ordered",
                &json!({"what": what, "orderId": order.id}),
            )?;
            let path = format!("/api/orders/{}/track", order.id);
            // The order may be cooking already: a stream that is opened anew begins with its oldest
            // event.
            let mut track = Follower::open(scene.client.another(), path).await?;
            loop {
                let next = timeout(scene.client.patience(), track.next()).await;
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
        // A place that is told twice in a row is no movement.
        seen.dedup();
        let mut report = scene.finish(&requests, outcome).await?;
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

/// Prints a step as it happens: a line for people, or a line of JSON for programs.
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
            let location = &data["driverLocation"];
            match (location["lat"].as_f64(), location["lon"].as_f64()) {
                (Some(lat), Some(lon)) => format!("{} at {lat:.4}, {lon:.4}", text("driverId")),
                _ => text("driverId").to_owned(),
            }
        }
        "eta" => format!("at the door by {}", text("estimatedDeliveryAt")),
        _ => data.to_string(),
    }
}
