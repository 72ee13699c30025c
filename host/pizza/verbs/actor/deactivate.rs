//! `pizza actor deactivate`

use std::io::Write as _;

use anyhow::bail;
use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::table;

use super::named::Named;
use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Deactivate {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    target: AdminTarget,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Deactivate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let path = self.named.path("/deactivate");
        let json = self.json;
        self.target.through(async |mut admin: Admin| {
            let answer = admin.post(&path, "").await?;
            if json {
                return table::print_json(&answer);
            }
            let said = match answer["was"].as_str() {
                Some("at-rest") => "it has left memory",
                Some("not-in-memory") => "it was not in memory",
                _ => bail!("it is at work; try again when it is done"),
            };
            writeln!(std::io::stdout().lock(), "{said}")?;
            Ok(())
        })
    }
}
