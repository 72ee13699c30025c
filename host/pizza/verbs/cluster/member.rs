//! `pizza cluster cordon|uncordon`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;

use crate::admin_target::AdminTarget;

/// A silo by its name or id
#[derive(Args)]
pub(crate) struct Member {
    /// The silo: its id, or its name if no other one has it
    silo: String,
    #[command(flatten)]
    target: AdminTarget,
}

impl Member {
    /// `what` is the last part of the path, `done` what is said when it was done.
    pub(super) fn run(self, what: &'static str, done: &'static str) -> anyhow::Result<()> {
        let Self { silo, target } = self;
        target.through(async |mut admin: Admin| {
            let path = format!("/cluster/silos/{silo}/{what}");
            let marked = admin.post(&path, "{}").await?;
            let silo = marked["silo"].as_str().unwrap_or(&silo);
            writeln!(std::io::stdout().lock(), "{silo} {done}")?;
            Ok(())
        })
    }
}
