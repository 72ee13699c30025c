//! `pizza key list`

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use pizza_cli::table;

#[derive(Args)]
pub(crate) struct List {
    /// Where the keys' files are
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let path = self.dir.display();
        let entries = std::fs::read_dir(&self.dir);
        let entries = entries.with_context(|| format!("reading {path}"))?;
        let mut rows = Vec::new();
        for entry in entries {
            let path = entry?.path();
            // By the public half, which is also there where signatures are only checked.
            if path.extension().is_none_or(|ending| ending != "pub") {
                continue;
            }
            let public = std::fs::read_to_string(&path);
            let public = public.with_context(|| format!("reading {}", path.display()))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let has_secret = path.with_extension("key").exists();
            let kind = if has_secret { "signs" } else { "public only" };
            rows.push([name.into_owned(), public.trim().to_owned(), kind.to_owned()]);
        }
        if rows.is_empty() {
            writeln!(std::io::stdout().lock(), "no keys in {path}")?;
            return Ok(());
        }
        rows.sort();
        table::print(["NAME", "PUBLIC KEY", ""], &rows)
    }
}
