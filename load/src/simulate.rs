//! `pizza simulate …`: people who keep a running pizzeria busy until they are told to stop.
//! They are drivers with phones, and customers.
//!
//! - `motion`, `travel`: how one gets through the city
//! - `driver`, `driver_pool`, `driver_stats`: drivers at work, and what has come of it
//! - `restaurant`: for whom they work
//! - `customers`, `tracking`: who orders, and what becomes of it
//! - `common`, `stop_after`: what the verbs have in common, and how long they go on
//! - `drivers_verb`, `customers_verb`: the verbs

mod common;
pub(crate) mod customers;
mod customers_verb;
mod driver;
pub(crate) mod driver_pool;
mod driver_stats;
mod drivers_verb;
mod motion;
pub(crate) mod restaurant;
mod stop_after;
pub(crate) mod tracking;
pub(crate) mod travel;

use clap::Subcommand;

/// The verbs of `pizza simulate`.
#[derive(Subcommand)]
pub enum Simulate {
    /// Drivers with phones who take offers, ride through the city and deliver.
    ///
    /// Each is an MQTT client of its own that tells its place every second of its ride, along
    /// the streets of the city, and whose last will is that the driver is offline. Offers are
    /// answered, and orders picked up and delivered, over HTTP. The drivers are called sim-1
    /// and so on; they are added to the restaurant, and are offline in the end: orders that
    /// are on the road then are delivered at once.
    #[command(after_help = "Examples:\n  \
        pizza simulate drivers                           # five, at the speed of life\n  \
        pizza simulate drivers --count 20 --speed 30     # in half a minute what takes 15\n  \
        pizza simulate drivers --reject 20 --for 60      # moody ones, for a minute\n  \
        pizza simulate customers --rate 12               # beside them: somebody to deliver to")]
    Drivers(drivers_verb::Drivers),
    /// Customers who order by chance, so many a minute on average.
    ///
    /// Each order is independent of the others (a Poisson process): any pizza of the menu, to
    /// a door somewhere in the city. The orders are followed until the end.
    #[command(after_help = "Examples:\n  \
        pizza simulate customers                         # six a minute\n  \
        pizza simulate customers --rate 60 --for 30      # one a second, for half a minute\n  \
        pizza simulate customers --seed 7                # the same orders again")]
    Customers(customers_verb::Customers),
}

impl Simulate {
    /// Plays it until it ends or is told to stop.
    ///
    /// # Errors
    /// When the pizzeria cannot be reached, or not any more.
    pub fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        match self {
            Self::Drivers(verb) => runtime.block_on(verb.run()),
            Self::Customers(verb) => runtime.block_on(verb.run()),
        }
    }
}
