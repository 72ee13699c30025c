//! `pizza man`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};

/// Write manual pages, one for each verb
///
///   pizza man ~/.local/share/man/man1 && man pizza-module
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Man {
    /// The folder they go to; it is made if it is not there
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl Man {
    pub(super) fn run(self, program: Command) -> anyhow::Result<()> {
        let dir = &self.dir;
        let written =
            std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(program, dir));
        written.with_context(|| format!("cannot write manual pages into {}", dir.display()))
    }
}
