//! `pizza module show`

use clap::Args;

use crate::admin::{Admin, Door};
use crate::table;

#[derive(Args)]
pub(crate) struct Show {
    #[command(flatten)]
    door: Door,
    /// The beginning of its digest
    digest: String,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.door.through(async |mut admin: Admin| {
            let module = admin.get(&format!("/modules/{}", self.digest)).await?;
            table::print_json(&module)
        })
    }
}
