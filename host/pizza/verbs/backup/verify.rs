//! `pizza backup verify`

use std::path::PathBuf;

use clap::Args;

use super::told::{progress, tell};

#[derive(Args)]
pub(crate) struct Verify {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let bar = progress("verified")?;
        let verified = pizza_silo::verify_backup(&self.file, &mut |bytes| bar.set_position(bytes));
        drop(bar);
        tell(&self.file, &verified?)
    }
}
