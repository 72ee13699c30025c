//! What an operator may set of the cluster that a silo belongs to.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use crate::cell_config::CellConfig;
use crate::label::Label;

/// A silo with this section shares its store with others.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterConfig {
    /// The Redis that all of them share: `redis://host:port/database` for a server,
    /// `redis://host:port,host:port` for a Redis Cluster, of which one member is enough, and
    /// `redis+sentinel://host:port,host:port/service/database` for sentinels; with `rediss` in the place of
    /// `redis` by TLS.
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
    /// What it has that actors may ask for by name ([silo.placement]).
    #[serde(default)]
    pub labels: Vec<Label>,
    /// What becomes of a shard of the store that lacks something that was acknowledged.
    #[serde(default)]
    pub rollback: Rollback,
    /// How many replicas of a Redis have to have what is acknowledged, so that a failover loses none of it; 0: it may.
    #[serde(default)]
    pub replicas: u8,
    /// How many actors a second move to a silo that has joined; 0: none before an operator says so.
    #[serde(default = "moves_per_second")]
    pub moves_per_second: u64,
    /// The highest version of the protocol between silos that this one speaks, if that is not the highest
    /// that it knows.
    pub protocol: Option<u16>,
    /// The other clusters that are one pizzeria with this one; absent, there is none.
    pub cell: Option<CellConfig>,
    /// With it, silos speak to each other by TLS alone.
    pub tls: Option<ClusterTls>,
    /// Whom to believe, and what to show, where `store` asks for TLS.
    pub store_tls: Option<StoreTls>,
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

/// How silos prove to each other that they are silos.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterTls {
    /// This silo's certificate, then those that vouch for it, and its private key; files in PEM.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// The authority that vouches for silos; a file in PEM. With it, both sides of a connection show
    /// a certificate that it signed.
    pub ca: Option<PathBuf>,
    /// The name that every silo's certificate has. Without it, it is the host at which the silo is
    /// found.
    pub name: Option<String>,
}

/// How the servers of the store prove who they are, and this silo to them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreTls {
    /// The authority that vouches for servers; a file in PEM. Without it those are believed whom this
    /// machine trusts.
    pub ca: Option<PathBuf>,
    /// What this silo shows, for servers that ask for it: its certificate, then those that vouch for it,
    /// and its private key; files in PEM.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// The name that every server's certificate has. Without it, it is the host at which the server is
    /// found.
    pub name: Option<String>,
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
            labels: Vec::new(),
            rollback: Rollback::default(),
            replicas: 0,
            moves_per_second: moves_per_second(),
            protocol: None,
            cell: None,
            tls: None,
            store_tls: None,
        }
    }
}

impl ClusterConfig {
    /// What whoever reaches the port for silos could do there that is no silo.
    pub(crate) fn warn_of_exposure(&self) {
        // An IPv4 address may come written as one of IPv6.
        if self.listen.ip().to_canonical().is_loopback() {
            return;
        }
        let listen = self.listen;
        match &self.tls {
            None => tracing::warn!(
                %listen,
                "whoever reaches the address for silos is taken for one, and may do everything to every actor: set [silo.cluster.tls] with `ca`, or keep others away from it"
            ),
            Some(ClusterTls { ca: None, .. }) => tracing::warn!(
                %listen,
                "[silo.cluster.tls] without `ca` encrypts and asks nobody who connects for a certificate: whoever reaches the address for silos is taken for one"
            ),
            Some(_) => {}
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
