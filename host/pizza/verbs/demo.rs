//! `pizza demo …`: scenes on a running pizzeria, over HTTP and MQTT, each with a check in the
//! end.

mod happy_path;
mod stress;

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Demo {
    /// One order, from the customer's wish to the customer's door, step by step.
    HappyPath(happy_path::HappyPath),
    /// Many orders at many restaurants at once; none may be lost, no ingredient neither.
    Stress(stress::Stress),
}

impl Demo {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        match self {
            Self::HappyPath(verb) => runtime.block_on(verb.run()),
            Self::Stress(verb) => runtime.block_on(verb.run()),
        }
    }
}
