//! `pizza backup take`

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use pizza_cli::admin::Admin;

use super::told::{progress, tell};
use crate::admin_target::AdminTarget;

#[derive(Args)]
pub(crate) struct Take {
    /// Where it goes; nothing that is there is overwritten
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    target: AdminTarget,
}

impl Take {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self { file, target } = self;
        ensure!(
            !file.exists(),
            "{} is there already; give another name, or remove it",
            file.display()
        );
        let mut unfinished = file.clone().into_os_string();
        unfinished.push(".unfinished");
        let unfinished = PathBuf::from(unfinished);
        let taken = target.through(async |admin| take(admin, &unfinished).await);
        if taken.is_err() {
            // What it was for it cannot be: half of a backup is none.
            let _ = std::fs::remove_file(&unfinished);
        }
        taken?;
        let bar = progress("verified")?;
        let verified = pizza_silo::verify_backup(&unfinished, &mut |bytes| bar.set_position(bytes));
        drop(bar);
        let summary = verified?;
        std::fs::rename(&unfinished, &file)
            .with_context(|| format!("cannot name it {}", file.display()))?;
        sync_directory(&file)?;
        tell(&file, &summary)
    }
}

async fn take(mut admin: Admin, to: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", to.display());
    let mut options = OpenOptions::new();
    // It has states and modules: for its owner alone.
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut written = BufWriter::new(options.open(to).with_context(cannot)?);
    let bar = progress("taken")?;
    let mut piece = |piece: &[u8]| {
        written.write_all(piece).with_context(cannot)?;
        bar.inc(piece.len() as u64);
        Ok(())
    };
    admin.pieces("/backup", &mut piece).await?;
    let file = written.into_inner().with_context(cannot)?;
    file.sync_all().with_context(cannot)
}

/// Makes a name durable.
fn sync_directory(file: &Path) -> anyhow::Result<()> {
    let parent = file.parent().filter(|path| !path.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let synced = File::open(parent).and_then(|parent| parent.sync_all());
    synced.with_context(|| format!("cannot sync {}", parent.display()))
}
