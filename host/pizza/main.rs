//! The `pizza` command. Each verb is one file under `verbs/`; no verb at all runs the
//! whole pizzeria in this process.

mod admin;
mod bench;
mod bundled;
mod config;
mod connection;
mod demo;
mod dev_tokens;
mod ending;
mod latency;
mod metrics;
mod mqtt;
mod open_files;
mod patient;
mod placing;
mod seed;
mod set_up;
mod simulate;
mod sse;
mod table;
mod target;
mod verbs;
mod wit_client;

use std::process::ExitCode;

use clap::Parser;

/// Many small allocations on every core: mimalloc serves them faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(
    name = "pizza",
    version,
    about = "Awesome Pizza: a WebAssembly actor host and its pizzeria",
    long_about = "Awesome Pizza: a WebAssembly actor host and its pizzeria.\n\n\
        Without a command, the whole pizzeria runs in this process: silo, actors, HTTP \
        gateway and MQTT broker, with everything durable under ./data. Stop it with Ctrl-C; start it again \
        and every order goes on.",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(flatten)]
    run: verbs::run::Run,
    #[command(subcommand)]
    verb: Option<verbs::Verb>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    ending::code(match cli.verb {
        None => cli.run.run(),
        Some(verb) => verb.run(),
    })
}
