//! `pizza key new`

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;
use pizza_silo::SecretKey;

#[derive(Args)]
pub(crate) struct New {
    /// What the key is called in logs and in the audit log
    name: String,
    /// Where its files go; the folder is made if it is not there
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

impl New {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let name = &self.name;
        let sane = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let fits = (1..=64).contains(&name.len()) && name.chars().all(sane);
        ensure!(
            fits,
            "{name:?}: a name has 1 to 64 letters, digits, '-', '_' and '.'"
        );
        let secret = self.dir.join(format!("{name}.key"));
        let public = self.dir.join(format!("{name}.pub"));
        std::fs::create_dir_all(&self.dir)
            .with_context(|| format!("cannot make {}", self.dir.display()))?;
        let key = SecretKey::generate();
        // A key that exists is never overwritten: what it signed would be lost.
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(&secret);
        let mut file = file.with_context(|| format!("writing {}", secret.display()))?;
        writeln!(file, "{}", key.expose())?;
        // On the disk before its public half, which somebody may begin to trust.
        file.sync_all()?;
        std::fs::write(&public, format!("{}\n", key.public_key()))
            .with_context(|| format!("writing {}", public.display()))?;
        let public_key = key.public_key();
        writeln!(
            std::io::stdout().lock(),
            "{} is secret; a silo trusts it with this in its configuration file:\n\n\
             [[silo.modules.trusted]]\nname = {name:?}\npublic_key = {public_key:?}",
            secret.display()
        )?;
        Ok(())
    }
}
