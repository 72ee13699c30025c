//! `pizza module remove`

use std::io::Write as _;

use clap::Args;

use crate::admin::{Admin, Door};

#[derive(Args)]
pub(crate) struct Remove {
    #[command(flatten)]
    door: Door,
    /// The beginning of its digest; it must neither serve nor be what could be rolled back to
    digest: String,
}

impl Remove {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.door.through(async |mut admin: Admin| {
            let path = format!("/modules/{}", self.digest);
            admin.delete(&path).await?;
            writeln!(std::io::stdout().lock(), "{} is removed", self.digest)?;
            Ok(())
        })
    }
}
