//! `pizza dlq …`: messages that came to nothing.

mod chosen;
mod drop;
mod list;
mod replay;
mod show;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Dlq {
    /// List dead letters, oldest first.
    List(list::List),
    /// Show all there is of one.
    Show(show::Show),
    /// Deliver them once more; those that are handled now go.
    Replay(replay::Replay),
    /// Forget them.
    Drop(drop::Drop),
}

impl Dlq {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(verb) => verb.run(),
            Self::Show(verb) => verb.run(),
            Self::Replay(verb) => verb.run(),
            Self::Drop(verb) => verb.run(),
        }
    }
}
