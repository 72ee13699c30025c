//! `pizza cluster accept-loss`

use std::io::Write as _;

use anyhow::ensure;
use clap::Args;
use pizza_cli::admin::Admin;

use crate::admin_target::AdminTarget;

/// Go on with a store that has lost something
///
/// A store that was brought back from an older file, or whose replica took over without its last
/// writes, is not written any more: each silo refuses, and names the shards. If what is missing cannot
/// be brought back, this takes what is there for all there is. What is missing is lost.
///
///   pizza cluster accept-loss --yes
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct AcceptLoss {
    #[command(flatten)]
    target: AdminTarget,
    /// That is what is meant
    #[arg(long)]
    yes: bool,
}

impl AcceptLoss {
    pub(super) fn run(self) -> anyhow::Result<()> {
        ensure!(
            self.yes,
            "what the store has lost is given up for good by this; --yes says that it is meant"
        );
        self.target.through(async |mut admin: Admin| {
            admin.post("/cluster/accept-loss", "{}").await?;
            writeln!(
                std::io::stdout().lock(),
                "accepted: silos go on from what the store has"
            )?;
            Ok(())
        })
    }
}
