//! `pizza bench …`: load on a running pizzeria, over HTTP and MQTT, from a process of its own.
//!
//! - `orders`, `order_worker`, `report`: orders are created, as many as the pizzeria takes
//! - `actor`: actors of one type, through the generic door, beside a bare HTTP server if asked for
//! - `many_actors`: very many of them, and what each takes of the memory
//! - `start`: how soon a server answers that has many of them on disk
//! - `actor_calls`, `actor_creation`, `actor_load`, `read_back`: what these ask, how, and whether all
//!   of it is there
//! - `cpu`: what an order costs of the machine's time
//! - `metrics`: what the server says of itself
//! - `arrivals`: whether restaurants and kitchens have all orders that were promised
//! - `lag`: how long orders take to get there
//! - `swaps`: the same, while the module of orders is swapped
//! - `list`: the list of a restaurant that has many orders is read
//! - `fan_in`: many clients of any MQTT broker publish to one subscriber
//! - `mqtt`: drivers report their positions, and customers see them
//! - `restaurant`: where all of that happens

mod actor;
mod actor_calls;
mod actor_creation;
mod actor_load;
mod arrivals;
mod cpu;
mod fan_in;
mod lag;
mod list;
mod many_actors;
mod metrics;
mod mqtt;
mod order_worker;
mod orders;
mod read_back;
mod report;
mod restaurant;
mod start;
mod swaps;

use clap::{Args, Subcommand};

pub use swaps::OpenAdmin;

/// The verbs of `pizza bench`, some of which are described where their arguments are. Where the
/// admin API is, and what opens it, is the program's to know.
#[derive(Subcommand)]
pub enum Bench<Admin: Args + OpenAdmin> {
    Orders(orders::Orders),
    Actor(actor::Actor),
    ManyActors(many_actors::ManyActors),
    Start(start::StartBench),
    /// A server for `bench actor --beside-axum` to compare with.
    #[command(name = actor::VERB, hide = true)]
    BareAxum(actor::BareAxum),
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
        let mut builder = match &self {
            // One thread drives all connections, and never has to wake another one.
            Self::Orders(_)
            | Self::Actor(_)
            | Self::ManyActors(_)
            | Self::Start(_)
            | Self::Swaps(_) => tokio::runtime::Builder::new_current_thread(),
            Self::BareAxum(_) | Self::List(_) | Self::Mqtt(_) | Self::FanIn(_) => {
                tokio::runtime::Builder::new_multi_thread()
            }
        };
        let runtime = builder.enable_all().build()?;
        match self {
            Self::Orders(orders) => runtime.block_on(orders.run()),
            Self::Actor(actor) => runtime.block_on(actor.run()),
            Self::ManyActors(many) => runtime.block_on(many.run()),
            Self::Start(start) => runtime.block_on(start.run()),
            Self::BareAxum(bare) => runtime.block_on(bare.run()),
            Self::Swaps(swaps) => runtime.block_on(swaps.run()),
            Self::List(list) => runtime.block_on(list.run()),
            Self::Mqtt(mqtt) => runtime.block_on(mqtt.run()),
            Self::FanIn(fan_in) => runtime.block_on(fan_in.run()),
        }
    }
}
