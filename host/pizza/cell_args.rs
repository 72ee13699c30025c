//! What is said on the command line of the cells that are one pizzeria.

use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Args;
use pizza_silo::{CellConfig, ClusterConfig};
use pizza_types::CellName;

#[derive(Args)]
#[command(next_help_heading = "One of several cells")]
pub(crate) struct CellArgs {
    /// The cell that this cluster is, where several with a store each are one pizzeria
    #[arg(long, env = "PIZZA_CELL", value_name = "NAME", value_parser = cell)]
    cell: Option<CellName>,
    /// The cell of keys that begin with none, the same everywhere [default: this one]
    #[arg(long, env = "PIZZA_CELL_DEFAULT", value_name = "NAME", value_parser = cell)]
    cell_default: Option<CellName>,
    /// Another cell, and where silos of it serve other silos: us=10.1.0.1:7000,10.1.0.2:7000; once
    /// for each
    #[arg(long = "cell-peer", value_name = "NAME=HOST:PORT,…")]
    cell_peers: Vec<Peer>,
}

#[derive(Clone)]
struct Peer {
    name: CellName,
    addresses: Vec<Arc<str>>,
}

impl FromStr for Peer {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let form = || format!("{text:?} is not of the form NAME=HOST:PORT,HOST:PORT");
        let (name, addresses) = text.split_once('=').with_context(form)?;
        let addresses: Vec<Arc<str>> = addresses.split(',').map(Into::into).collect();
        let have_ports = addresses.iter().all(|address| address.contains(':'));
        ensure!(have_ports, form());
        let name = CellName::new(name)?;
        Ok(Self { name, addresses })
    }
}

fn cell(text: &str) -> anyhow::Result<CellName> {
    Ok(CellName::new(text)?)
}

impl CellArgs {
    pub(crate) fn are_used(&self) -> bool {
        self.cell.is_some() || self.cell_default.is_some() || !self.cell_peers.is_empty()
    }

    pub(crate) fn set(self, cluster: &mut ClusterConfig) -> anyhow::Result<()> {
        if !self.are_used() {
            return Ok(());
        }
        if let Some(name) = self.cell {
            let cell = cluster
                .cell
                .get_or_insert_with(|| CellConfig::named(name.clone()));
            cell.name = name;
        }
        let why = "--cell-default and --cell-peer need --cell, or [silo.cluster.cell] in the configuration";
        let cell = cluster.cell.as_mut().context(why)?;
        cell.default = self.cell_default.or_else(|| cell.default.take());
        for Peer { name, addresses } in self.cell_peers {
            cell.others.insert(name, addresses);
        }
        Ok(())
    }
}
