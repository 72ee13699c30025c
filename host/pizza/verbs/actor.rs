//! `pizza actor …`: one actor of a running silo, and the beginning of a new one.

mod call;
mod client;
mod deactivate;
mod dev;
mod export;
mod get;
mod history;
mod list;
mod named;
mod new;
mod project;
mod update;

use clap::Subcommand;

pub(super) use project::Project;

#[derive(Subcommand)]
pub(crate) enum Actor {
    /// Write a project that compiles: an actor to begin with.
    New(new::New),
    /// List the keys of a type's actors.
    List(list::List),
    /// Build a project's actor whenever a file changes, let it serve, and show what it does.
    Dev(dev::Dev),
    /// Renew what of a project is the platform's: the SDK, contracts.
    Update(update::Update),
    /// Write a typed client of another project's actor into a project.
    Client(client::ActorClient),
    /// Show what the silo has of it: record, state, reminders.
    Get(get::Get),
    /// Call one of its methods.
    Call(call::Call),
    /// List the messages it has handled lately, newest first.
    History(history::History),
    /// Print all actors of a type as they are, a line of JSON each.
    Export(export::Export),
    /// Take it out of memory; the next message brings it back.
    Deactivate(deactivate::Deactivate),
}

impl Actor {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::New(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Dev(verb) => verb.run(),
            Self::Update(verb) => verb.run(),
            Self::Client(verb) => verb.run(),
            Self::Get(verb) => verb.run(),
            Self::Call(verb) => verb.run(),
            Self::History(verb) => verb.run(),
            Self::Export(verb) => verb.run(),
            Self::Deactivate(verb) => verb.run(),
        }
    }
}
