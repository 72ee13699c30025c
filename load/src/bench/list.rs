//! The list of a restaurant that has many orders: how long a page takes, wherever it is.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use hyper::Method;
use pizza_cli::connection::Connection;
use pizza_cli::table;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::latency::{self, Latencies};
use crate::place_orders::{self, OrderRequest};
use crate::progress::bar;
use crate::restaurant_setup;
use crate::retrying_client::RetryingClient;
use crate::target::Target;

const RESTAURANT: &str = "bench-list";
/// Orders in flight at once while the list is filled, which is not measured.
const PLACED_AT_ONCE: usize = 64;
/// One order in so many is cancelled, so that there is more than one state.
const CANCELLED_OF: usize = 10;
/// How long a request is repeated before the run gives up.
const PATIENCE: Duration = Duration::from_secs(30);
/// The restaurant hears of the last orders a little later than their customers.
const HEARS_WITHIN: Duration = Duration::from_secs(120);
const COUNTED_AGAIN: Duration = Duration::from_millis(500);
/// The largest page that the API gives.
const LIMIT_MAX: u32 = 200;

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    target: Target,
    /// What the restaurant has at least; orders that it lacks are placed first
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    orders: usize,
    /// Pages to read of each kind
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pages: u32,
    /// Orders on a page
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Readers at once
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    connections: u16,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Pages of one kind: what is asked for, and whether each begins where the last one ended.
struct Kind {
    name: &'static str,
    query: &'static str,
    goes_on: bool,
}

const KINDS: [Kind; 5] = [
    kind("first page", "", false),
    kind("first page, state=created", "&state=created", false),
    kind("first page, state=cancelled", "&state=cancelled", false),
    kind("page after page", "", true),
    kind("page after page, state=created", "&state=created", true),
];

const fn kind(name: &'static str, query: &'static str, goes_on: bool) -> Kind {
    Kind {
        name,
        query,
        goes_on,
    }
}

impl List {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let mut client = RetryingClient::new(self.target.clone(), PATIENCE);
        restaurant_setup::set_up(&mut client, &super::restaurant::with_plenty(RESTAURANT, 0))
            .await?;
        let listed = self.fill(&mut client).await?;
        let mut found = Vec::new();
        for kind in &KINDS {
            found.push((kind, self.measure(kind).await?));
        }
        if self.json {
            let latencies = found.iter().map(|(kind, found)| (kind.name, found.json()));
            let latencies: serde_json::Map<_, _> = latencies
                .map(|(name, json)| (name.to_owned(), json))
                .collect();
            return table::print_json(&json!({
                "orders": listed, "limit": self.limit, "pages": self.pages,
                "connections": self.connections, "latencyMs": latencies,
            }));
        }
        let title = format!("{listed} ORDERS, {} A PAGE", self.limit);
        let rows: Vec<_> = found
            .iter()
            .map(|(kind, found)| found.row(kind.name))
            .collect();
        table::print(latency::head(&title), &rows)
    }

    /// Places orders until there are enough, and returns how many are listed then.
    async fn fill(&self, client: &mut RetryingClient) -> anyhow::Result<usize> {
        let there_are = count(client).await?;
        let lacking = self.orders.saturating_sub(there_are);
        let requests: Arc<[OrderRequest]> = (0..lacking).map(request).collect();
        let progress = bar(lacking as u64, "{bar:40} {pos}/{len} orders placed");
        let outcome = place_orders::place(client, PLACED_AT_ONCE, &requests, &progress).await?;
        progress.finish_and_clear();
        if let Some(why) = outcome.refused.first() {
            bail!("{} orders were not taken: {why}", outcome.refused.len());
        }
        for order in outcome.placed.iter().step_by(CANCELLED_OF) {
            let cancel = format!("/api/orders/{}/cancel", order.id);
            client.tell(Method::POST, &cancel, &json!({})).await?;
        }
        let begun = Instant::now();
        loop {
            let listed = count(client).await?;
            if listed >= there_are + lacking {
                return Ok(listed);
            }
            if begun.elapsed() > HEARS_WITHIN {
                bail!("of {} orders only {listed} are listed", there_are + lacking);
            }
            sleep(COUNTED_AGAIN).await;
        }
    }

    async fn measure(&self, kind: &'static Kind) -> anyhow::Result<Latencies> {
        let mut readers = Vec::new();
        // Each reader has its share; the first ones have what cannot be divided.
        let lanes = u32::from(self.connections);
        for lane in 0..lanes {
            let connection = self.target.connect().await?;
            let pages = self.pages / lanes + u32::from(lane < self.pages % lanes);
            readers.push(tokio::spawn(read(connection, kind, pages, self.limit)));
        }
        let mut all = Latencies::new()?;
        for reader in readers {
            all.add(&reader.await.context("a reader")??)?;
        }
        Ok(all)
    }
}

async fn read(
    mut connection: Connection,
    kind: &Kind,
    pages: u32,
    limit: u32,
) -> anyhow::Result<Latencies> {
    let mut found = Latencies::new()?;
    let mut after = String::new();
    for _ in 0..pages {
        let path = format!(
            "/api/restaurants/{RESTAURANT}/orders?limit={limit}{}{after}",
            kind.query
        );
        let begun = Instant::now();
        let answer = connection.send(Method::GET, &path, "".into(), &[]).await?;
        found.record(begun.elapsed())?;
        if answer.status != 200 {
            bail!("{path} answers {}", answer.status);
        }
        // Parsed after the clock has stopped: the server's time is measured, not ours.
        if kind.goes_on {
            let page: Value = serde_json::from_slice(&answer.body)?;
            // At the end of the list it goes on at its beginning.
            let next = page["next"].as_str().map(|next| format!("&after={next}"));
            after = next.unwrap_or_default();
        }
    }
    Ok(found)
}

/// Counts the orders from the first page to the last; each order must be there once.
async fn count(client: &mut RetryingClient) -> anyhow::Result<usize> {
    let mut seen = HashSet::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/restaurants/{RESTAURANT}/orders?limit={LIMIT_MAX}{after}");
        let page = client.get(&path).await?.granted(&path)?;
        for line in page["orders"].as_array().into_iter().flatten() {
            let id = line["orderId"].as_str().unwrap_or_default().to_owned();
            if let Some(twice) = seen.replace(id) {
                bail!("the list has {twice} twice");
            }
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(seen.len()),
        }
    }
}

fn request(number: usize) -> OrderRequest {
    OrderRequest {
        customer: format!("customer-{number}"),
        name: None,
        restaurant: RESTAURANT.to_owned(),
        pizza: "Margherita".to_owned(),
        quantity: 1,
        deliver_to: None,
        address: None,
    }
}
