//! `pizza demo …`: scenes from a pizzeria's life, over HTTP and MQTT. They tolerate that it
//! dies in the middle and comes back, and check in the end what it has promised.
//!
//! - `happy_path`, `stress`: the scenes
//! - `cluster`: a pizzeria of many processes, to look at
//! - `scene`: a town of their own is set up, and what came of the scene is checked
//! - `town`: its restaurants and what its people order
//! - `dashboards`: which orders have ended
//! - `read_back`, `stock`: the checks
//! - `report`: what is shown of it

mod cluster;
mod dashboards;
mod happy_path;
mod read_back;
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
    /// One order, from the customer's wish to the customer's door, step by step.
    HappyPath(happy_path::HappyPath),
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
            Self::HappyPath(verb) => runtime.block_on(verb.run()),
            Self::Stress(verb) => runtime.block_on(verb.run()),
        }
    }
}
