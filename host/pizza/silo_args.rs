//! What is said on the command line of a process that has a silo.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use pizza_cli::address;
use pizza_silo::{ClusterConfig, Label};

use crate::cell_args::CellArgs;
use crate::config::Config;
use crate::log_args::LogArgs;
use crate::store_tls_args::StoreTlsArgs;
use crate::token_args::{EdgeTokenArgs, TokenArgs};

#[derive(Args)]
pub(crate) struct SiloArgs {
    /// Configuration file [default: pizza.toml, where there is one]
    #[arg(long, env = "PIZZA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where operators are served [default: 127.0.0.1:5002]
    #[arg(long, env = "PIZZA_ADMIN", value_name = "ADDR", value_parser = address::parse)]
    admin: Option<SocketAddr>,
    #[command(flatten)]
    tokens: TokenArgs,
    #[command(flatten)]
    edge: EdgeTokenArgs,
    /// Where compiled modules are kept; silos of one machine may share it, and then each module is
    /// compiled once [default: modules under the data directory]
    #[arg(long, env = "PIZZA_MODULES_CACHE", value_name = "DIR")]
    modules_cache: Option<PathBuf>,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    cluster: Cluster,
}

#[derive(Args)]
#[command(next_help_heading = "One of many silos")]
struct Cluster {
    /// The Redis that this silo shares with others: redis://host:port/database, a Redis Cluster as
    /// redis://host:port,host:port, or redis+sentinel://host:port,host:port/service; by TLS where it
    /// says rediss instead of redis [default: none: it is alone on a store of its own]
    #[arg(
        long,
        env = "PIZZA_CLUSTER_STORE",
        hide_env_values = true,
        value_name = "URL"
    )]
    cluster_store: Option<String>,
    /// Where the other silos are served [default: 127.0.0.1:7000]
    #[arg(long, env = "PIZZA_CLUSTER_LISTEN", value_name = "ADDR", value_parser = address::parse)]
    cluster_listen: Option<SocketAddr>,
    /// Where they find it, if that is not where it listens
    #[arg(long, env = "PIZZA_CLUSTER_ADDRESS", value_name = "HOST:PORT")]
    cluster_address: Option<String>,
    /// Where gateways and bridges find it, if that is not where it serves operators
    #[arg(long, env = "PIZZA_CLUSTER_EDGES", value_name = "HOST:PORT")]
    cluster_edges: Option<String>,
    /// The silo's name [default: silo]
    #[arg(long, env = "PIZZA_CLUSTER_NAME", value_name = "NAME")]
    cluster_name: Option<String>,
    /// What this silo has that actors may ask for by name; repeat it for more
    #[arg(
        long = "cluster-label",
        env = "PIZZA_CLUSTER_LABELS",
        value_name = "LABEL",
        value_delimiter = ','
    )]
    cluster_labels: Vec<Label>,
    /// How many replicas of a Redis have to have what is acknowledged, so that a failover loses none of it
    /// [default: 0]
    #[arg(long, env = "PIZZA_CLUSTER_REPLICAS", value_name = "N")]
    cluster_replicas: Option<u8>,
    #[command(flatten)]
    store_tls: StoreTlsArgs,
    #[command(flatten)]
    cell: CellArgs,
}

impl SiloArgs {
    /// The configuration of the file, with what the command line says above it.
    ///
    /// # Errors
    /// As [`Config::found`], and when the options contradict each other.
    pub(crate) fn config(self) -> anyhow::Result<Config> {
        let mut config = Config::found(self.config.as_deref())?;
        if let Some(data) = self.tokens.data {
            config.silo.data = data;
        }
        let cache_dir = &mut config.silo.modules.cache_dir;
        *cache_dir = self.modules_cache.or_else(|| cache_dir.take());
        self.cluster.set(&mut config.silo.cluster)?;
        config.admin = self.admin.unwrap_or(config.admin);
        config.admin_token = self.tokens.admin_token.or(config.admin_token);
        config.edge_token = self.edge.edge_token.or(config.edge_token);
        self.log.set(&mut config);
        Ok(config)
    }
}

impl Cluster {
    fn set(self, config: &mut Option<ClusterConfig>) -> anyhow::Result<()> {
        if let Some(store) = self.cluster_store {
            let cluster = config.get_or_insert_with(|| ClusterConfig::on(store.clone()));
            cluster.store = store;
        }
        let Some(cluster) = config else {
            let is_used = self.cluster_listen.is_some()
                || self.cluster_address.is_some()
                || self.cluster_edges.is_some()
                || self.cluster_name.is_some()
                || !self.cluster_labels.is_empty()
                || self.store_tls.are_used()
                || self.cluster_replicas.is_some()
                || self.cell.are_used();
            ensure!(
                !is_used,
                "a silo is one of many only with --cluster-store, or with [silo.cluster] in the configuration"
            );
            return Ok(());
        };
        cluster.listen = self.cluster_listen.unwrap_or(cluster.listen);
        cluster.address = self.cluster_address.or_else(|| cluster.address.take());
        cluster.edges = self.cluster_edges.or_else(|| cluster.edges.take());
        if let Some(name) = self.cluster_name {
            cluster.name = name;
        }
        if !self.cluster_labels.is_empty() {
            cluster.labels = self.cluster_labels;
        }
        self.store_tls.set(cluster);
        cluster.replicas = self.cluster_replicas.unwrap_or(cluster.replicas);
        self.cell.set(cluster)
    }
}

/// Tells the silo under which address edges in other processes are to find it: what is configured, else
/// the listener's; where that is no address to go to, the one for other silos with its port.
pub(crate) fn set_edges(config: &mut Config, admin: SocketAddr) {
    let Some(cluster) = &mut config.silo.cluster else {
        return;
    };
    if cluster.edges.is_some() {
        return;
    }
    let host = cluster.address.as_deref().and_then(|address| {
        let (host, _port) = address.rsplit_once(':')?;
        admin.ip().is_unspecified().then(|| host.to_owned())
    });
    cluster.edges = Some(match host {
        Some(host) => format!("{host}:{}", admin.port()),
        None => admin.to_string(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(admin: &str, address: Option<&str>, edges: Option<&str>) -> Option<String> {
        let mut config = Config::default();
        let mut cluster = ClusterConfig::on("redis://localhost/".to_owned());
        cluster.address = address.map(str::to_owned);
        cluster.edges = edges.map(str::to_owned);
        config.silo.cluster = Some(cluster);
        set_edges(&mut config, admin.parse().expect("an address"));
        config.silo.cluster?.edges
    }

    #[test]
    fn edges_are_told_an_address_that_leads_somewhere() {
        let told = |admin, address, given| edges(admin, address, given).expect("some");
        assert_eq!(told("10.0.0.7:5002", None, None), "10.0.0.7:5002");
        assert_eq!(told("0.0.0.0:5002", Some("one:7000"), None), "one:5002");
        assert_eq!(told("0.0.0.0:5002", Some("one:7000"), Some("e:1")), "e:1");
    }
}
