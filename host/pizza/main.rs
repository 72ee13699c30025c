//! The `pizza` command. Each verb is one file under `verbs/`.

mod verbs;
mod wit_client;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "pizza",
    version,
    about = "Awesome Pizza: a WebAssembly actor host and its pizzeria"
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Work on the contracts under `wit/`.
    #[command(subcommand)]
    Wit(verbs::wit::Wit),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().verb {
        Verb::Wit(verb) => verb.run(),
    }
}
