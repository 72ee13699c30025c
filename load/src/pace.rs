//! Arguments of the server that say how busy the pizzeria is.

use clap::Args;

/// How fast people work, and whether some are simulated.
#[derive(Args)]
pub struct Pace {
    /// How many times faster than life chefs cook and suppliers deliver [default: 60]
    #[arg(long, env = "PIZZA_SPEED", value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub speed: Option<u64>,
    /// Have a few simulated drivers and customers keep it busy, as `[simulate]` says
    #[arg(long, env = "PIZZA_SIMULATE")]
    pub simulate: bool,
}
