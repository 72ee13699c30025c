//! One file a verb. What puts load on a pizzeria and plays its scenes is a crate of its own,
//! which has the arguments of these verbs too.

pub(crate) mod actor;
pub(crate) mod backup;
pub(crate) mod bridge;
pub(crate) mod cluster;
pub(crate) mod compile;
pub(crate) mod completions;
pub(crate) mod dlq;
pub(crate) mod gateway;
pub(crate) mod key;
pub(crate) mod man;
pub(crate) mod module;
pub(crate) mod plugin;
pub(crate) mod run;
mod signature;
pub(crate) mod silo;
pub(crate) mod status;
pub(crate) mod webhook;
pub(crate) mod wit;

use clap::{Command, Subcommand};
use pizza_load::{Bench, Demo, Simulate, texts};

use crate::admin_target::AdminTarget;

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Begin an actor; look at one of a running silo, ask it, put it to rest.
    #[command(subcommand)]
    Actor(actor::Actor),
    /// All that a silo's store has in one file: take it while the silo works, verify it, restore it.
    Backup(backup::BackupVerb),
    /// Put load on a running pizzeria and measure it.
    #[command(subcommand)]
    Bench(Bench<AdminTarget>),
    /// Carry messages between an MQTT broker and a silo in another process.
    Bridge(bridge::BridgeVerb),
    /// The silos that share a store.
    #[command(subcommand)]
    Cluster(cluster::Cluster),
    /// Compiles what a silo gives it (started by the silo itself).
    #[command(name = "compile-module", hide = true)]
    Compile(compile::Compile),
    Completions(completions::Completions),
    /// Scenes from a pizzeria's life, played on a running one and checked.
    #[command(subcommand)]
    Demo(Demo),
    /// Messages that came to nothing: list, show, replay, drop.
    #[command(subcommand)]
    Dlq(dlq::Dlq),
    /// Serve the API for silos in other processes.
    Gateway(gateway::GatewayVerb),
    /// Keys that sign modules.
    #[command(subcommand)]
    Key(key::Key),
    Man(man::Man),
    /// Which code serves which actors: push, activate, canary, take back.
    #[command(subcommand)]
    Module(module::Module),
    #[command(subcommand, about = texts::PLUGIN)]
    Plugin(plugin::Plugin),
    // Boxed: it may be told far more than any other verb.
    /// Run a silo alone: actors, and nothing else.
    Silo(Box<silo::SiloVerb>),
    #[command(subcommand, about = texts::SIMULATE)]
    Simulate(Simulate),
    Status(status::Status),
    /// Events that are posted to others: list, test, dead letters, replay, drop.
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// Work on the contracts under `wit/`.
    #[command(subcommand)]
    Wit(wit::Wit),
}

impl Verb {
    /// `program` gives all verbs and options there are.
    pub(crate) fn run(self, program: fn() -> Command) -> anyhow::Result<()> {
        match self {
            Self::Actor(verb) => verb.run(),
            Self::Backup(verb) => verb.run(),
            Self::Bench(verb) => verb.run(),
            Self::Bridge(verb) => verb.run(),
            Self::Cluster(verb) => verb.run(),
            Self::Compile(verb) => verb.run(),
            Self::Completions(verb) => verb.run(program()),
            Self::Demo(verb) => verb.run(),
            Self::Dlq(verb) => verb.run(),
            Self::Gateway(verb) => verb.run(),
            Self::Key(verb) => verb.run(),
            Self::Man(verb) => verb.run(program()),
            Self::Module(verb) => verb.run(),
            Self::Plugin(verb) => verb.run(),
            Self::Silo(verb) => verb.run(),
            Self::Simulate(verb) => verb.run(),
            Self::Status(verb) => verb.run(),
            Self::Webhook(verb) => verb.run(),
            Self::Wit(verb) => verb.run(),
        }
    }
}
