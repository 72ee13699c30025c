//! `pizza bench …`: load on a running pizzeria, over HTTP and MQTT, from a process of its own.

use clap::Subcommand;

use crate::bench::list::List;
use crate::bench::mqtt::Mqtt;
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
    /// Publish positions of drivers over MQTT, and watch them arrive at the customers.
    Mqtt(Mqtt),
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
            Self::Mqtt(mqtt) => runtime.block_on(mqtt.run()),
        }
    }
}
