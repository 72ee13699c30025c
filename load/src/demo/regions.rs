//! `pizza demo regions`: three clusters with a Redis each that are one pizzeria, with seas between them.
//!
//! - `way`: how long it takes from one to another
//! - `world`: the three of them
//! - `account`: what is told

mod account;
mod way;
mod world;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use hyper::{Method, StatusCode};
use serde_json::json;
use tokio::time::{Instant, sleep};

use self::account::{Account, CELLS, Outage};
use self::world::{LOOK, WITHIN, World};
use super::cluster::child::Child;
use super::cluster::session::{self, say};
use crate::place_orders;

/// What an order in a region that is away is answered: nothing was decided, since its inventory gave no answer; or
/// nobody is there at all.
const REFUSED: [StatusCode; 2] = [StatusCode::CONFLICT, StatusCode::SERVICE_UNAVAILABLE];
/// The region that goes away.
const GOES_AWAY: usize = 1;

/// Three regions with a Redis and silos each; one goes away and comes back
///
/// Europe, America and Asia are a Redis, silos and a gateway each, as processes of this machine (Debian: redis-server),
/// with the latencies of seas between them. Each has a restaurant. Customers of each region order in each restaurant, and
/// read their orders; it is told how long that takes by pair of regions. Then all processes of America are killed
/// (SIGKILL, its Redis too): the others go on, and what they have for America waits. America comes back, and in the
/// end every order that was acknowledged is read from every region, and every restaurant knows all of its orders.
///
///   pizza demo regions
///   pizza demo regions --orders 50 --sea 40,90,70
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct Regions {
    /// Orders for each pair of regions
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    orders: u32,
    /// How long it takes there and back, in milliseconds: Europe to America, Europe to Asia, America to Asia
    #[arg(
        long,
        default_value = "80,160,120",
        value_name = "MS,MS,MS",
        value_delimiter = ',',
        num_args = 1
    )]
    sea: Vec<u64>,
    /// Silos in each region
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=20))]
    silos: u16,
    /// How many times faster than life chefs cook
    #[arg(long, default_value_t = 240, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    speed: u64,
    /// Where all of them keep what they have [default: a directory for temporary files, removed at
    /// the end]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Regions {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        ensure!(
            self.sea.len() == 3,
            "--sea takes three times, of Europe to America, Europe to Asia, America to Asia: 80,160,120"
        );
        let scene = async |dir: &Path, children: &mut Vec<Child>| self.play(dir, children).await;
        let account = session::run(self.dir.clone(), scene).await?;
        let account = account.context("it was stopped before its end: nothing is known")?;
        account.print(self.json)?;
        account.verdict()
    }

    async fn play(&self, dir: &Path, children: &mut Vec<Child>) -> anyhow::Result<Account> {
        say("three regions: a Redis, silos and a gateway each, and a restaurant")?;
        let seas = [self.sea[0], self.sea[1], self.sea[2]].map(Duration::from_millis);
        let silos = usize::from(self.silos);
        let mut world = World::open(dir, self.speed, silos, seas, children).await?;
        let mut account = Account::new(seas)?;
        say("customers of each region order in each restaurant")?;
        self.order_everywhere(&world, &mut account).await?;
        say("America goes away: all of its processes are killed")?;
        let outage = self
            .without_america(&mut world, &mut account, children)
            .await?;
        account.outage = Some(outage);
        say(
            "the end: every order is read from every region, and every restaurant is asked for its own",
        )?;
        world.read_back(&mut account).await?;
        Ok(account)
    }

    async fn order_everywhere(&self, world: &World, account: &mut Account) -> anyhow::Result<()> {
        for from in 0..CELLS.len() {
            for to in 0..CELLS.len() {
                let mut client = world.client(from)?;
                for number in 0..self.orders {
                    let request = world.request(from, to, number);
                    let placed = place_orders::place_one(&mut client, 0, &request).await?;
                    let placed = placed.map_err(anyhow::Error::msg)?;
                    account.pair(from, to).orders.record(placed.took)?;
                    account.placed.push((placed.id, to));
                    let path = format!("/api/restaurants/{}", request.restaurant);
                    let begun = Instant::now();
                    client.get(&path).await?.granted(&path)?;
                    account.pair(from, to).reads.record(begun.elapsed())?;
                }
            }
        }
        Ok(())
    }

    /// America is away, and comes back.
    async fn without_america(
        &self,
        world: &mut World,
        account: &mut Account,
        children: &mut [Child],
    ) -> anyhow::Result<Outage> {
        // Europe's orders in America, which are called off while it is away.
        let mut europe = world.client(0)?;
        let mut abroad = Vec::new();
        for number in 0..self.orders {
            let request = world.request(0, GOES_AWAY, 10_000 + number);
            let placed = place_orders::place_one(&mut europe, 0, &request).await?;
            let placed = placed.map_err(anyhow::Error::msg)?;
            account.placed.push((placed.id.clone(), GOES_AWAY));
            abroad.push(placed.id);
        }
        world.kill(GOES_AWAY, children).await?;
        world.until_away(GOES_AWAY).await?;
        let mut outage = Outage::new()?;
        for from in [0, 2] {
            let mut client = world.client(from)?;
            for number in 0..self.orders {
                let request = world.request(from, from, 20_000 + number);
                let placed = place_orders::place_one(&mut client, 0, &request).await?;
                let placed = placed.map_err(anyhow::Error::msg)?;
                outage.orders_elsewhere.record(placed.took)?;
                account.placed.push((placed.id, from));
            }
            let (status, took) = world.order_once(from, GOES_AWAY).await?;
            ensure!(
                REFUSED.contains(&status),
                "an order in a region that is away is answered {status}"
            );
            outage.refusals.record(took)?;
        }
        for order in &abroad {
            let path = format!("/api/orders/{order}/cancel");
            let answer = europe.command(Method::POST, &path, &json!({})).await?;
            outage.called_off += usize::from(answer.status.is_success());
        }
        outage.missing = world.missing(0).await?;
        outage.parked = world.parked(0, GOES_AWAY).await?;
        say(&format!(
            "{} wait for America; it comes back",
            outage.parked
        ))?;
        let begun = Instant::now();
        world.start_again(GOES_AWAY, children).await?;
        loop {
            if world.parked(0, GOES_AWAY).await? == 0 && world.parked(2, GOES_AWAY).await? == 0 {
                break;
            }
            ensure!(
                begun.elapsed() < WITHIN,
                "America does not get what waits for it"
            );
            sleep(LOOK).await;
        }
        outage.back_after = begun.elapsed();
        Ok(outage)
    }
}
