//! What an operator may set of the cluster that a silo belongs to.

use std::net::SocketAddr;

use serde::Deserialize;

/// A silo with this section shares its store with others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterConfig {
    /// The Redis that all of them share: `redis://host:port/database` for a server,
    /// `redis://host:port,host:port` for a Redis Cluster, of which one member is enough, and
    /// `redis+sentinel://host:port,host:port/service/database` for sentinels.
    pub store: String,
    /// The silo's name; with the number of its start it is its id.
    #[serde(default = "name")]
    pub name: String,
    /// Where the other silos are served.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Where the others find it, host and port, if that is not where it listens.
    pub address: Option<String>,
    /// Where gateways and bridges in other processes find it, host and port, if that is not where it
    /// serves operators.
    pub edges: Option<String>,
    /// What becomes of a shard of the store that lacks something that was acknowledged.
    #[serde(default)]
    pub rollback: Rollback,
    /// How many actors a second move to a silo that has joined; 0: none before an operator says so.
    #[serde(default = "moves_per_second")]
    pub moves_per_second: u64,
}

/// What becomes of a shard that went back in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rollback {
    /// Nothing is written there until an operator accepts the loss.
    #[default]
    Stop,
    /// It goes on with what it has; this is logged.
    Accept,
}

impl ClusterConfig {
    /// A silo of the cluster on this store.
    #[must_use]
    pub fn on(store: String) -> Self {
        Self {
            store,
            name: name(),
            listen: listen(),
            address: None,
            edges: None,
            rollback: Rollback::default(),
            moves_per_second: moves_per_second(),
        }
    }
}

fn name() -> String {
    "silo".to_owned()
}

fn moves_per_second() -> u64 {
    pizza_runtime::Settings::default().moves_per_second
}

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7_000))
}
