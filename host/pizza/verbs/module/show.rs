//! `pizza module show`

use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table;

use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    target: AdminTarget,
    /// The beginning of its digest
    digest: String,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.target.through(async |mut admin: Admin| {
            let module = admin.get(&format!("/modules/{}", self.digest)).await?;
            table::print_json(&module)
        })
    }
}
