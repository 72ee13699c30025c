//! `pizza module remove`

use std::io::Write as _;

use clap::Args;
use pizza_cli::admin::Admin;

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    target: AdminTarget,
    /// The beginning of its digest; it must neither serve nor be what could be rolled back to
    digest: String,
}

impl Remove {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.target.through(async |mut admin: Admin| {
            let path = format!("/modules/{}", self.digest);
            admin.delete(&path).await?;
            writeln!(std::io::stdout().lock(), "{} is removed", self.digest)?;
            Ok(())
        })
    }
}
