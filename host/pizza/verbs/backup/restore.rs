//! `pizza backup restore`

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use rustix::fs::Mode;
use rustix::process::umask;

use super::told::{progress, tell};

#[derive(Args)]
pub(crate) struct Restore {
    /// The backup
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The data directory; it is made if it is not there, and has no store yet
    #[arg(long, env = "PIZZA_DATA", value_name = "DIR")]
    data: PathBuf,
}

impl Restore {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { file, data } = self;
        // As everything in a data directory, for its owner only.
        umask(Mode::RWXG | Mode::RWXO);
        let bar = progress("verified, and restored")?;
        let restored =
            pizza_silo::restore_backup(&file, &data, &mut |bytes| bar.set_position(bytes));
        drop(bar);
        tell(&file, &restored?)?;
        let data = data.display();
        writeln!(
            std::io::stdout().lock(),
            "\nrestored into {data}; start it with: pizza --data {data}"
        )?;
        Ok(())
    }
}
