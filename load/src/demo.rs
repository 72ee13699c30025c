//! `pizza demo …`: scenes from a pizzeria's life, over HTTP and MQTT. They tolerate that it
//! dies in the middle and comes back, and check in the end what it has promised.
//!
//! - `happy_path`, `stress`: the scenes
//! - `cluster`: a pizzeria of many processes, to look at
//! - `failover`: a silo dies while people order
//! - `regions`: three clusters that are one pizzeria, of which one goes away
//! - `customers`: who order meanwhile
//! - `scene`: a town of their own is set up, and what came of the scene is checked
//! - `town`: its restaurants and what its people order
//! - `dashboards`: which orders have ended
//! - `read_back`, `stock`: the checks
//! - `report`: what is shown of it

mod cluster;
mod customers;
mod dashboards;
mod failover;
mod happy_path;
mod read_back;
mod regions;
mod report;
mod scene;
mod stock;
mod stress;
mod town;

use clap::Subcommand;

/// The verbs of `pizza demo`.
#[derive(Subcommand)]
pub enum Demo {
    /// A pizzeria of many processes: a Redis Cluster, silos, gateways, a bridge.
    Cluster(cluster::Cluster),
    /// A silo dies while people order: how long what it had is away.
    Failover(failover::Failover),
    /// One order, from the customer's wish to the customer's door, step by step.
    HappyPath(happy_path::HappyPath),
    /// Three regions with a Redis each: how far they are apart, and what becomes of one that goes away.
    Regions(regions::Regions),
    /// Many orders at many restaurants at once; none may be lost, no ingredient neither.
    Stress(stress::Stress),
}

impl Demo {
    /// Plays the scene.
    ///
    /// # Errors
    /// When the pizzeria cannot be reached, or did not keep what it promised.
    pub fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        match self {
            Self::Cluster(verb) => runtime.block_on(verb.run()),
            Self::Failover(verb) => runtime.block_on(verb.run()),
            Self::HappyPath(verb) => runtime.block_on(verb.run()),
            Self::Regions(verb) => runtime.block_on(verb.run()),
            Self::Stress(verb) => runtime.block_on(verb.run()),
        }
    }
}
