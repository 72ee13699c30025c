//! Three regions, and the ways between them.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use hyper::{Method, StatusCode};
use pizza_cli::connection::Connection;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::account::{Account, CELLS};
use super::way::Way;
use crate::demo::cluster::child::Child;
use crate::demo::cluster::small::SmallCluster;
use crate::demo::town::{Size, Town};
use crate::place_orders::OrderRequest;
use crate::retrying_client::RetryingClient;
use crate::target::Target;

/// How long what is to become so may take, and how often it is looked.
pub(super) const WITHIN: Duration = Duration::from_secs(60);
pub(super) const LOOK: Duration = Duration::from_millis(100);
/// The pairs that have a sea between them, in the order of the seas.
const PAIRS: [(usize, usize); 3] = [(0, 1), (0, 2), (1, 2)];
/// How long a request is repeated before the scene gives up.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than are ever ordered in a restaurant.
const ORDERS_MAX: u32 = 100_000;

pub(super) struct World {
    regions: Vec<Region>,
    /// From the first to the second; dropped with the world.
    ways: Vec<(usize, usize, Way)>,
}

struct Region {
    cluster: SmallCluster,
    town: Town,
}

impl World {
    /// # Errors
    /// When one of the processes does not open, or the regions do not see each other.
    pub(super) async fn open(
        dir: &Path,
        speed: u64,
        silos: usize,
        seas: [Duration; 3],
        children: &mut Vec<Child>,
    ) -> anyhow::Result<Self> {
        let mut ways = Vec::new();
        for ((one, other), sea) in PAIRS.into_iter().zip(seas) {
            ways.push((one, other, Way::open(sea).await?));
            ways.push((other, one, Way::open(sea).await?));
        }
        let mut regions = Vec::new();
        for (at, (name, _)) in CELLS.into_iter().enumerate() {
            let of_it = dir.join(name);
            std::fs::create_dir_all(&of_it)?;
            let mut words = vec!["--cell".to_owned(), name.to_owned()];
            words.extend(["--cell-default".to_owned(), CELLS[0].0.to_owned()]);
            for (_, to, way) in ways.iter().filter(|(from, ..)| *from == at) {
                let peer = format!("{}={}", CELLS[*to].0, way.address);
                words.extend(["--cell-peer".to_owned(), peer]);
            }
            let modules = dir.join("modules");
            let opened = SmallCluster::open_with(&of_it, &modules, speed, silos, words, children);
            let cluster = opened.await?;
            let size = Size {
                kitchens: 1,
                chefs: 3,
                // Orders stay when they are cooked: nobody has to drive.
                drivers: 0,
                orders: ORDERS_MAX,
            };
            let town = Town::plan(&format!("{name}.town"), size);
            regions.push(Region { cluster, town });
        }
        let world = Self { regions, ways };
        for at in 0..CELLS.len() {
            world.lead_to(at).await?;
        }
        world.until_all_see_each_other().await?;
        for at in 0..CELLS.len() {
            world.regions[at]
                .town
                .set_up(&mut world.client(at)?)
                .await?;
        }
        Ok(world)
    }

    /// A customer of this region.
    ///
    /// # Errors
    /// When its token could not be sent.
    pub(super) fn client(&self, at: usize) -> anyhow::Result<RetryingClient> {
        Ok(RetryingClient::new(self.target(at)?, PATIENCE))
    }

    fn target(&self, at: usize) -> anyhow::Result<Target> {
        Target::new(self.regions[at].cluster.gateway, None)
    }

    fn restaurant(&self, at: usize) -> &str {
        &self.regions[at].town.restaurants[0].id
    }

    /// What a customer of one region orders in another one.
    pub(super) fn request(&self, from: usize, to: usize, number: u32) -> OrderRequest {
        let mut request = self.regions[to].town.request(number);
        request.customer = format!("{}.{}", CELLS[from].0, request.customer);
        request
    }

    /// Ways to this region lead to the silos that it has now.
    async fn lead_to(&self, at: usize) -> anyhow::Result<()> {
        let silos = self.regions[at].cluster.addresses().await?;
        for (_, _, way) in self.ways.iter().filter(|(_, to, _)| *to == at) {
            way.leads_to(silos.clone());
        }
        Ok(())
    }

    /// Kills all processes of a region.
    ///
    /// # Errors
    /// When one of them had ended before.
    pub(super) async fn kill(&mut self, at: usize, children: &mut [Child]) -> anyhow::Result<()> {
        self.regions[at].cluster.kill_all(children).await
    }

    /// Starts them again, with what they had on their disks.
    ///
    /// # Errors
    /// When one of them does not open, or the regions do not see each other.
    pub(super) async fn start_again(
        &mut self,
        at: usize,
        children: &mut [Child],
    ) -> anyhow::Result<()> {
        self.regions[at].cluster.start_all_again(children).await?;
        self.lead_to(at).await?;
        self.until_all_see_each_other().await
    }

    async fn until_all_see_each_other(&self) -> anyhow::Result<()> {
        for at in 0..CELLS.len() {
            self.until(at, "sees all others", |cells| {
                cells.len() == CELLS.len() - 1 && cells.iter().all(|c| c["state"] == "there")
            })
            .await?;
        }
        Ok(())
    }

    /// Waits until all others see that this region is away.
    ///
    /// # Errors
    /// When one does not.
    pub(super) async fn until_away(&self, away: usize) -> anyhow::Result<()> {
        for at in (0..CELLS.len()).filter(|at| *at != away) {
            let is_away = |cell: &Value| cell["cell"] == CELLS[away].0 && cell["state"] == "away";
            self.until(at, "sees that one is away", |cells| {
                cells.iter().any(is_away)
            })
            .await?;
        }
        Ok(())
    }

    async fn until(
        &self,
        at: usize,
        what: &str,
        is_so: impl Fn(&[Value]) -> bool,
    ) -> anyhow::Result<()> {
        let begun = Instant::now();
        for silo in 0..self.regions[at].cluster.silos() {
            loop {
                let stats = self.regions[at].cluster.stats(silo).await?;
                let cells = stats["cells"].as_array().cloned().unwrap_or_default();
                if is_so(&cells) {
                    break;
                }
                let (_, name) = CELLS[at];
                ensure!(
                    begun.elapsed() < WITHIN,
                    "no silo of {name} {what}: {cells:?}"
                );
                sleep(LOOK).await;
            }
        }
        Ok(())
    }

    /// How much waits in one region for another.
    ///
    /// # Errors
    /// When the region does not answer.
    pub(super) async fn parked(&self, at: usize, other: usize) -> anyhow::Result<u64> {
        let stats = self.regions[at].cluster.stats(0).await?;
        let cells = stats["cells"].as_array().cloned().unwrap_or_default();
        let cell = cells.iter().find(|cell| cell["cell"] == CELLS[other].0);
        let parked = cell.and_then(|cell| cell["parked"].as_u64());
        parked.context("a silo tells how much waits for another region")
    }

    /// The regions whose restaurants are missing in the list of all, as a manager of this region sees it.
    ///
    /// # Errors
    /// When the list is refused.
    pub(super) async fn missing(&self, at: usize) -> anyhow::Result<Vec<String>> {
        let path = "/api/restaurants?limit=200";
        let listed = self.client(at)?.get(path).await?.granted(path)?;
        let missing = listed["missingCells"].as_array().into_iter().flatten();
        let missing = missing.filter_map(|cell| cell.as_str().map(str::to_owned));
        Ok(missing.collect())
    }

    /// Orders once, and does not insist: what is answered, and after how long.
    ///
    /// # Errors
    /// When the gateway is not there.
    pub(super) async fn order_once(
        &self,
        from: usize,
        to: usize,
    ) -> anyhow::Result<(StatusCode, Duration)> {
        let request = self.request(from, to, 30_000);
        let body = json!({
            "customerId": request.customer,
            "restaurantId": request.restaurant,
            "items": [{"pizzaType": request.pizza, "quantity": 1}],
        });
        let begun = Instant::now();
        let mut connection: Connection = self.target(from)?.connect().await?;
        let response = connection
            .begin(Method::POST, "/api/orders", body.to_string().into(), &[])
            .await?;
        Ok((response.status(), begun.elapsed()))
    }

    /// Reads every order that was acknowledged from every region, and asks the restaurants for theirs.
    ///
    /// # Errors
    /// When nobody answers.
    pub(super) async fn read_back(&self, account: &mut Account) -> anyhow::Result<()> {
        for (id, _) in account.placed.clone() {
            let path = format!("/api/orders/{id}");
            let mut seen = Vec::new();
            for at in 0..CELLS.len() {
                let found = self.client(at)?.get(&path).await?;
                seen.push(match found.status {
                    StatusCode::OK => found.body["orderId"].as_str() == Some(&id),
                    _ => false,
                });
            }
            if !seen.iter().all(|seen| *seen) {
                account.lost.push(id);
            }
        }
        for at in 0..CELLS.len() {
            let mine = account.placed.iter().filter(|(_, to)| *to == at).count();
            let begun = Instant::now();
            // A restaurant hears of its orders by events, which may still be on their way.
            loop {
                let known = self.orders_of(at).await?;
                if known >= mine || begun.elapsed() > WITHIN {
                    account.restaurants.push((mine, known));
                    break;
                }
                sleep(LOOK).await;
            }
        }
        Ok(())
    }

    /// How many orders a restaurant has heard of.
    async fn orders_of(&self, at: usize) -> anyhow::Result<usize> {
        let path = format!("/api/restaurants/{}/metrics", self.restaurant(at));
        let shown = self.client(at)?.get(&path).await?.granted(&path)?;
        let count = shown["lastDay"]["orders"].as_u64();
        Ok(usize::try_from(count.unwrap_or(0))?)
    }
}
