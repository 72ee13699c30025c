//! Silos on one Redis server behind one gateway, and which of the silos has what.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use pizza_cli::admin::Admin;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::child::Child;
use super::silos::Starter;
use super::{ports, servers};

/// How often it is looked whether something is so, and how long that may take.
const LOOK: Duration = Duration::from_millis(100);
const SEEN_WITHIN: Duration = Duration::from_secs(30);

pub(crate) struct SmallCluster {
    starter: Starter,
    dir: PathBuf,
    /// Redis's port, and which of all processes it is.
    redis: u16,
    redis_at: usize,
    gateway_at: usize,
    pub(crate) gateway: SocketAddr,
    /// Where operators are served, of each silo.
    admins: Vec<SocketAddr>,
    /// Which of all processes each silo is.
    at: Vec<usize>,
}

/// How actors are spread.
pub(crate) struct Spread {
    /// Actors in memory, by the silo's id.
    pub(crate) in_memory: BTreeMap<String, u64>,
    /// Actors that are not where they belong.
    pub(crate) misplaced: u64,
}

impl SmallCluster {
    /// Starts Redis, so many silos and a gateway; returns when all know each other.
    ///
    /// # Errors
    /// When one of the processes does not open.
    pub(crate) async fn open(
        dir: &Path,
        speed: u64,
        silos: usize,
        children: &mut Vec<Child>,
    ) -> anyhow::Result<Self> {
        let modules = dir.join("modules");
        Self::open_with(dir, &modules, speed, silos, Vec::new(), children).await
    }

    /// The same, with a cache of compiled modules that others use too, and with more words to each silo.
    ///
    /// # Errors
    /// When one of the processes does not open.
    pub(crate) async fn open_with(
        dir: &Path,
        modules: &Path,
        speed: u64,
        silos: usize,
        words: Vec<String>,
        children: &mut Vec<Child>,
    ) -> anyhow::Result<Self> {
        let redis = ports::free()?;
        let redis_at = children.len();
        children.push(servers::redis_at(dir, redis).await?);
        let store = format!("redis://127.0.0.1:{redis}/");
        let mut cluster = Self {
            starter: Starter::new(dir, store, speed)?.saying(modules, words),
            dir: dir.to_owned(),
            redis,
            redis_at,
            gateway: SocketAddr::from(([0; 4], 0)),
            gateway_at: 0,
            admins: Vec::new(),
            at: Vec::new(),
        };
        for _ in 0..silos {
            cluster.add_silo(children).await?;
        }
        let (child, gateway) = cluster.starter.gateway("gateway", &cluster.admins).await?;
        cluster.gateway_at = children.len();
        children.push(child);
        cluster.gateway = gateway;
        cluster.until_all_are_members().await?;
        Ok(cluster)
    }

    /// SIGKILL to all of it, Redis too.
    ///
    /// # Errors
    /// When one of the processes had ended before.
    pub(crate) async fn kill_all(&self, children: &mut [Child]) -> anyhow::Result<()> {
        for silo in 0..self.silos() {
            self.kill(silo, children).await?;
        }
        children[self.gateway_at].kill().await?;
        children[self.redis_at].kill().await
    }

    /// Starts all of it again, with what Redis has on its disk.
    ///
    /// # Errors
    /// When one of the processes does not open.
    pub(crate) async fn start_all_again(&mut self, children: &mut [Child]) -> anyhow::Result<()> {
        children[self.redis_at] = servers::redis_at(&self.dir, self.redis).await?;
        for silo in 0..self.silos() {
            let (child, admin) = self.starter.silo(&name(silo)).await?;
            children[self.at[silo]] = child;
            self.admins[silo] = admin;
        }
        let (child, gateway) = self.starter.gateway("gateway", &self.admins).await?;
        children[self.gateway_at] = child;
        self.gateway = gateway;
        self.until_all_are_members().await
    }

    /// Where each silo serves other silos.
    ///
    /// # Errors
    /// When none answers.
    pub(crate) async fn addresses(&self) -> anyhow::Result<Vec<String>> {
        let stats = self.stats(0).await?;
        let members = stats["cluster"]["members"].as_array().into_iter().flatten();
        let addresses = members.filter_map(|member| member["address"].as_str().map(str::to_owned));
        Ok(addresses.collect())
    }

    /// What a silo says of itself.
    ///
    /// # Errors
    /// When it does not answer.
    pub(crate) async fn stats(&self, silo: usize) -> anyhow::Result<Value> {
        self.ask(silo).await?.get("/stats").await
    }

    /// Starts one more silo.
    ///
    /// # Errors
    /// When it does not open.
    pub(crate) async fn add_silo(&mut self, children: &mut Vec<Child>) -> anyhow::Result<()> {
        let (child, admin) = self.starter.silo(&name(self.admins.len())).await?;
        self.at.push(children.len());
        children.push(child);
        self.admins.push(admin);
        Ok(())
    }

    pub(crate) fn silos(&self) -> usize {
        self.admins.len()
    }

    /// Whether the process at this place of all is a silo.
    pub(crate) fn is_silo(&self, place: usize) -> bool {
        self.at.contains(&place)
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// When it had ended before.
    pub(crate) async fn kill(&self, silo: usize, children: &mut [Child]) -> anyhow::Result<()> {
        children[self.at[silo]].kill().await
    }

    /// Starts a silo that was killed, under its name and where its data is.
    ///
    /// # Errors
    /// When it does not open, or the others do not see it.
    pub(crate) async fn start_again(
        &mut self,
        silo: usize,
        children: &mut [Child],
    ) -> anyhow::Result<()> {
        let (child, admin) = self.starter.silo(&name(silo)).await?;
        children[self.at[silo]] = child;
        self.admins[silo] = admin;
        self.until_all_are_members().await
    }

    /// An operator's connection to a silo.
    async fn ask(&self, silo: usize) -> anyhow::Result<Admin> {
        Admin::open(self.admins[silo], &self.starter.token).await
    }

    /// Waits until each silo knows of all others.
    ///
    /// # Errors
    /// When one of them does not, or does not answer.
    pub(crate) async fn until_all_are_members(&self) -> anyhow::Result<()> {
        let (begun, silos) = (Instant::now(), self.silos());
        for silo in 0..silos {
            let mut admin = self.ask(silo).await?;
            loop {
                let stats = admin.get("/stats").await?;
                let members = stats["cluster"]["members"].as_array().map_or(0, Vec::len);
                if members == silos {
                    break;
                }
                ensure!(
                    begun.elapsed() < SEEN_WITHIN,
                    "{} knows of {members} silos instead of {silos}",
                    name(silo)
                );
                sleep(LOOK).await;
            }
        }
        Ok(())
    }

    /// The orders that are in the record of a silo with this name, by the word of another silo, and all others.
    ///
    /// # Errors
    /// When the other silo does not answer.
    pub(crate) async fn owned(
        &self,
        silo: usize,
        orders: Vec<String>,
    ) -> anyhow::Result<(Vec<String>, Vec<String>)> {
        let mut admin = self.ask((silo + 1) % self.silos()).await?;
        let (mut owned, mut others) = (Vec::new(), Vec::new());
        for order in orders {
            let shown = admin.get(&format!("/actors/order/{order}")).await?;
            let owner = shown["owner"].as_str().context("an order has an owner")?;
            if is_of(silo, owner) {
                owned.push(order);
            } else {
                others.push(order);
            }
        }
        Ok((owned, others))
    }

    /// Waits until actors are where they belong, or until nobody waits any more: how long, and how they are
    /// spread then.
    ///
    /// # Errors
    /// As [`spread`](Self::spread).
    pub(crate) async fn until_moved(&self, within: Duration) -> anyhow::Result<(Duration, Spread)> {
        let begun = Instant::now();
        loop {
            let spread = self.spread().await?;
            if spread.misplaced == 0 || begun.elapsed() > within {
                return Ok((begun.elapsed(), spread));
            }
            sleep(LOOK).await;
        }
    }

    /// How actors are spread, as a silo that lives says.
    ///
    /// # Errors
    /// When it does not answer, or does not hear all others.
    async fn spread(&self) -> anyhow::Result<Spread> {
        let mut admin = self.ask(0).await?;
        let shown = admin.get("/cluster").await?;
        let mut spread = Spread {
            in_memory: BTreeMap::new(),
            misplaced: 0,
        };
        for silo in shown["silos"].as_array().into_iter().flatten() {
            let (Some(id), Some(in_memory), Some(misplaced)) = (
                silo["silo"].as_str(),
                silo["inMemory"].as_u64(),
                silo["misplaced"].as_u64(),
            ) else {
                bail!("a silo is silent: {silo}");
            };
            spread.in_memory.insert(id.to_owned(), in_memory);
            spread.misplaced += misplaced;
        }
        Ok(spread)
    }
}

impl Spread {
    /// Actors in the memory of a silo.
    pub(crate) fn of(&self, silo: usize) -> u64 {
        let of_it = self.in_memory.iter().filter(|(id, _)| is_of(silo, id));
        of_it.map(|(_, count)| count).sum()
    }
}

pub(crate) fn name(silo: usize) -> String {
    format!("silo-{}", silo + 1)
}

/// Whether this is the id of a silo: its name, and the number of its start.
fn is_of(silo: usize, id: &str) -> bool {
    id.rsplit_once('.').is_some_and(|(of, _)| of == name(silo))
}
