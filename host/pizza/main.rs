//! The `pizza` command. Each verb is one file under `verbs/`; no verb at all runs the
//! whole pizzeria in this process.

mod admin;
mod bench;
mod bundled;
mod config;
mod connection;
mod dev_tokens;
mod metrics;
mod seed;
mod table;
mod verbs;
mod wit_client;

use clap::{Parser, Subcommand};

/// Many small allocations on every core: mimalloc serves them faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(
    name = "pizza",
    version,
    about = "Awesome Pizza: a WebAssembly actor host and its pizzeria",
    long_about = "Awesome Pizza: a WebAssembly actor host and its pizzeria.\n\n\
        Without a command, the whole pizzeria runs in this process: silo, actors and HTTP \
        gateway, with everything durable under ./data. Stop it with Ctrl-C; start it again \
        and every order goes on.",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(flatten)]
    run: verbs::run::Run,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Look at an actor of a running silo, ask it, put it to rest.
    #[command(subcommand)]
    Actor(verbs::actor::Actor),
    /// Put load on a running pizzeria and measure it.
    #[command(subcommand)]
    Bench(verbs::bench::Bench),
    /// Messages that came to nothing: list, show, replay, drop.
    #[command(subcommand)]
    Dlq(verbs::dlq::Dlq),
    /// Have a kitchen ask a plugin for advice.
    #[command(subcommand)]
    Plugin(verbs::plugin::Plugin),
    /// Work on the contracts under `wit/`.
    #[command(subcommand)]
    Wit(verbs::wit::Wit),
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    match cli.verb {
        None => cli.run.run(),
        Some(Verb::Actor(verb)) => verb.run(),
        Some(Verb::Bench(verb)) => verb.run(),
        Some(Verb::Dlq(verb)) => verb.run(),
        Some(Verb::Plugin(verb)) => verb.run(),
        Some(Verb::Wit(verb)) => verb.run(),
    }
}
