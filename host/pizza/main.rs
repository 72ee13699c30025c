//! The `pizza` command. Each verb is one file under `verbs/`; no verb at all runs the
//! whole pizzeria in this process.

mod admin_target;
mod banner;
mod bundled;
mod cell_args;
mod config;
mod dev_tokens;
mod edge_target;
mod exposure;
mod first_data;
mod gateway_args;
mod limit_sharing;
mod log_args;
mod metrics;
mod metrics_listener;
mod mqtt_edge;
mod open_files;
mod operators;
mod pages;
mod process;
mod shutdown;
mod silo_args;
mod simulation;
mod store_tls_args;
mod token_args;
mod variables;
mod verbs;
mod web;
mod websocket;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};

/// Many small allocations on every core: mimalloc serves them faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(
    name = "pizza",
    version,
    about = "Awesome Pizza: a WebAssembly actor host and its pizzeria",
    long_about = pizza_load::texts::LONG_ABOUT,
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
    warn_of_variables(&cli);
    shutdown::code(match cli.verb {
        None => cli.run.run(),
        Some(verb) => verb.run(Cli::command),
    })
}

/// A name that is misspelt has no effect, and nobody would know why.
#[allow(clippy::print_stderr, reason = "before there is a log")]
fn warn_of_variables(cli: &Cli) {
    // It is started by a silo that has said it already.
    if matches!(cli.verb, Some(verbs::Verb::Compile(_))) {
        return;
    }
    for line in variables::unknown(&Cli::command()) {
        eprintln!("{line}");
    }
}
