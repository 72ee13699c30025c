//! `pizza bench …`: load on a running pizzeria, over HTTP and MQTT, from a process of its own.
//!
//! - `orders`, `order_worker`, `report`: orders are created, as many as the pizzeria takes
//! - `cpu`: what an order costs of the machine's time
//! - `restaurant_counts`: whether restaurants have heard of all orders that were promised
//! - `swaps`: the same, while the module of orders is swapped
//! - `list`: the list of a restaurant that has many orders is read
//! - `fan_in`: many clients of any MQTT broker publish to one subscriber
//! - `mqtt`: drivers report their positions, and customers see them
//! - `restaurant`: where all of that happens

mod cpu;
mod fan_in;
mod list;
mod mqtt;
mod order_worker;
mod orders;
mod report;
mod restaurant;
mod restaurant_counts;
mod swaps;

use clap::{Args, Subcommand};

pub use swaps::OpenAdmin;

/// The verbs of `pizza bench`. Where the admin API is, and what opens it, is the program's to
/// know.
#[derive(Subcommand)]
pub enum Bench<Admin: Args + OpenAdmin> {
    /// Create orders as fast as the pizzeria takes them, or at a given rate.
    Orders(orders::Orders),
    /// Swap the module of orders again and again while they are created, and compare.
    Swaps(swaps::Swaps<Admin>),
    /// Read the list of a restaurant that has many orders.
    List(list::List),
    /// Publish positions of drivers over MQTT, and watch them arrive at the customers.
    Mqtt(mqtt::MqttBench),
    /// Publish from many clients to one subscriber, through any MQTT broker.
    FanIn(fan_in::FanIn),
}

impl<Admin: Args + OpenAdmin> Bench<Admin> {
    /// Runs it, and prints what was measured.
    ///
    /// # Errors
    /// When the pizzeria cannot be reached, or loses what it has acknowledged.
    pub fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        match self {
            Self::Orders(orders) => runtime.block_on(orders.run()),
            Self::Swaps(swaps) => runtime.block_on(swaps.run()),
            Self::List(list) => runtime.block_on(list.run()),
            Self::Mqtt(mqtt) => runtime.block_on(mqtt.run()),
            Self::FanIn(fan_in) => runtime.block_on(fan_in.run()),
        }
    }
}
