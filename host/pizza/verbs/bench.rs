//! `pizza bench …`: load on a running pizzeria, over HTTP, from a process of its own.

use clap::Subcommand;

use crate::bench::list::List;
use crate::bench::orders::Orders;
use crate::bench::swaps::Swaps;

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Create orders as fast as the pizzeria takes them, or at a given rate.
    Orders(Orders),
    /// Swap the module of orders again and again while they are created, and compare.
    Swaps(Swaps),
    /// Read the list of a restaurant that has many orders.
    List(List),
}

impl Bench {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        match self {
            Self::Orders(orders) => runtime.block_on(orders.run()),
            Self::Swaps(swaps) => runtime.block_on(swaps.run()),
            Self::List(list) => runtime.block_on(list.run()),
        }
    }
}
