//! `pizza module …`: which code serves which actors.

mod activate;
mod audit;
mod diff;
mod dry_run;
mod list;
mod push;
mod remove;
mod rollback;
mod show;
mod sign;
mod watch;
mod withdraw;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Module {
    /// Give a component to the silo: it is verified, compiled and kept.
    Push(push::Push),
    /// List the modules that are kept, and what they serve.
    List(list::List),
    /// Show all there is of one.
    Show(show::Show),
    /// What changes for others when the second takes the place of the first.
    Diff(diff::Diff),
    /// Let a module serve all actors of its type.
    Activate(activate::Activate),
    /// Let a module serve a part of the actors; the same ones for as long as it grows.
    Canary(activate::Canary),
    /// Take back what was activated last.
    Rollback(rollback::Rollback),
    /// Never let a version serve again, unless that is said.
    Withdraw(withdraw::Withdraw),
    /// What was done with modules, by whom and why, newest first.
    Audit(audit::Audit),
    /// Migrate and read copies of the states that are there, and tell which fail.
    DryRun(dry_run::DryRun),
    /// Activate each component of a directory as soon as it changes (for development).
    Watch(watch::Watch),
    /// Forget a module that neither serves nor could be rolled back to.
    Remove(remove::Remove),
    /// Sign a component with a key.
    Sign(sign::Sign),
}

impl Module {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Push(verb) => verb.run(),
            Self::List(verb) => verb.run(),
            Self::Show(verb) => verb.run(),
            Self::Diff(verb) => verb.run(),
            Self::Activate(verb) => verb.run(),
            Self::Canary(verb) => verb.run(),
            Self::Rollback(verb) => verb.run(),
            Self::Withdraw(verb) => verb.run(),
            Self::Audit(verb) => verb.run(),
            Self::DryRun(verb) => verb.run(),
            Self::Watch(verb) => verb.run(),
            Self::Remove(verb) => verb.run(),
            Self::Sign(verb) => verb.run(),
        }
    }
}
