//! `pizza webhook …`: events that are posted to others.

mod dlq;
mod drop;
mod letters;
mod list;
mod replay;
mod show;
mod switch_on;
mod test;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Webhook {
    /// How each one stands: what it has posted, how far it is behind, what went wrong last.
    List(list::List),
    /// Post a message of no event, signed as all are, and say what the receiver answers.
    Test(test::Test),
    /// Events that could not be posted, oldest first.
    Dlq(dlq::Dlq),
    /// Show all there is of one of them.
    Show(show::Show),
    /// Post them once more; those that are acknowledged now go.
    Replay(replay::Replay),
    /// Forget them.
    Drop(drop::Drop),
    /// Go on after the receiver said that it is gone.
    SwitchOn(switch_on::SwitchOn),
}

impl Webhook {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(verb) => verb.run(),
            Self::Test(verb) => verb.run(),
            Self::Dlq(verb) => verb.run(),
            Self::Show(verb) => verb.run(),
            Self::Replay(verb) => verb.run(),
            Self::Drop(verb) => verb.run(),
            Self::SwitchOn(verb) => verb.run(),
        }
    }
}
