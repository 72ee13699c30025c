//! The `pizza` command. Each verb is one file under `verbs/`; no verb at all runs the
//! whole pizzeria in this process.

mod admin;
mod bench;
mod bundled;
mod config;
mod connection;
mod demo;
mod dev_tokens;
mod latency;
mod metrics;
mod mqtt;
mod open_files;
mod patient;
mod placing;
mod seed;
mod set_up;
mod sse;
mod table;
mod target;
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
        Without a command, the whole pizzeria runs in this process: silo, actors, HTTP \
        gateway and MQTT broker, with everything durable under ./data. Stop it with Ctrl-C; start it again \
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
    /// Begin an actor; look at one of a running silo, ask it, put it to rest.
    #[command(subcommand)]
    Actor(verbs::actor::Actor),
    /// Put load on a running pizzeria and measure it.
    #[command(subcommand)]
    Bench(verbs::bench::Bench),
    /// Carry messages between an MQTT broker and a silo in another process.
    Bridge(verbs::bridge::BridgeVerb),
    /// Compiles what a silo gives it (started by the silo itself).
    #[command(name = "compile-module", hide = true)]
    Compile(verbs::compile::Compile),
    /// Scenes from a pizzeria's life, played on a running one and checked.
    #[command(subcommand)]
    Demo(verbs::demo::Demo),
    /// Messages that came to nothing: list, show, replay, drop.
    #[command(subcommand)]
    Dlq(verbs::dlq::Dlq),
    /// Keys that sign modules.
    #[command(subcommand)]
    Key(verbs::key::Key),
    /// Which code serves which actors: push, activate, canary, take back.
    #[command(subcommand)]
    Module(verbs::module::Module),
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
        Some(Verb::Bridge(verb)) => verb.run(),
        Some(Verb::Compile(verb)) => verb.run(),
        Some(Verb::Demo(verb)) => verb.run(),
        Some(Verb::Dlq(verb)) => verb.run(),
        Some(Verb::Key(verb)) => verb.run(),
        Some(Verb::Module(verb)) => verb.run(),
        Some(Verb::Plugin(verb)) => verb.run(),
        Some(Verb::Wit(verb)) => verb.run(),
    }
}
