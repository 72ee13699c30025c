//! `pizza simulate …`: people who keep a running pizzeria busy until they are told to stop.

mod customers;
mod drivers;

use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use crate::patient::Patient;
use crate::simulate::ending::Ending;
use crate::target::Target;

const SHOWN_EVERY: Duration = Duration::from_millis(250);

#[derive(Subcommand)]
pub(crate) enum Simulate {
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
    Drivers(drivers::Drivers),
    /// Customers who order by chance, so many a minute on average.
    ///
    /// Each order is independent of the others (a Poisson process): any pizza of the menu, to
    /// a door somewhere in the city. The orders are followed until the end.
    #[command(after_help = "Examples:\n  \
        pizza simulate customers                         # six a minute\n  \
        pizza simulate customers --rate 60 --for 30      # one a second, for half a minute\n  \
        pizza simulate customers --seed 7                # the same orders again")]
    Customers(customers::Customers),
}

/// What both have in common.
#[derive(Args)]
struct Common {
    #[command(flatten)]
    target: Target,
    /// For whom they work, or where they order; it is set up if it is not there
    #[arg(long, default_value = "napoli", value_name = "ID")]
    restaurant: String,
    /// Whose streets they live in: demo is the only one
    #[arg(long, default_value = "demo", value_name = "NAME")]
    city: String,
    /// The same number gives the same chances again
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    #[command(flatten)]
    ending: Ending,
    /// Give up when nothing answers for this long
    #[arg(long, default_value_t = 60, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    patience: u64,
    /// Print JSON in the end
    #[arg(long)]
    json: bool,
}

impl Simulate {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        match self {
            Self::Drivers(verb) => runtime.block_on(verb.run()),
            Self::Customers(verb) => runtime.block_on(verb.run()),
        }
    }
}

impl Common {
    fn client(&self) -> Patient {
        Patient::new(self.target.clone(), Duration::from_secs(self.patience))
    }
}

/// A line that tells how things stand, for as long as it is kept.
fn live(told: impl Fn() -> String + Send + 'static) -> ProgressBar {
    let line = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed}  {msg}") {
        line.set_style(style);
    }
    let shown = line.clone();
    tokio::spawn(async move {
        while !shown.is_finished() {
            shown.set_message(told());
            shown.tick();
            tokio::time::sleep(SHOWN_EVERY).await;
        }
    });
    line
}
