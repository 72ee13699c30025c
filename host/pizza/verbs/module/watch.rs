//! `pizza module watch`

use std::collections::HashMap;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use clap::Args;
use pizza_cli::admin::Admin;
use pizza_cli::modules::{self, Forced, short_digest};
use pizza_cli::table::cell;

use crate::admin_target::AdminTarget;

/// How often the directory is looked at.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    target: AdminTarget,
    /// Where components appear, for example target/wasm32-wasip2/debug; it need not be there yet
    dir: PathBuf,
    /// The actor type of all of them [default: the file's name, without `pizza_actor_`]
    #[arg(long = "type", value_name = "TYPE")]
    actor_type: Option<String>,
    /// Take changes that others outside may rely on
    #[arg(long)]
    force: bool,
}

impl Watch {
    pub(super) fn run(self) -> anyhow::Result<()> {
        self.target.through(async |mut admin: Admin| {
            let shown = self.dir.display();
            // What is there already has not changed: only changes are pushed. Where there is no
            // folder yet, a build makes it, and all that is in it then is new.
            let mut live_now = match stamps(&self.dir) {
                Err(error) if error.kind() == ErrorKind::NotFound => Stamps::new(),
                found => found.with_context(|| format!("reading {shown}"))?,
            };
            let mut seen = live_now.clone();
            let waits = if self.dir.exists() {
                ""
            } else {
                ", which is not there yet"
            };
            writeln!(
                std::io::stdout().lock(),
                "watching {shown}{waits}; Ctrl-C ends it"
            )?;
            loop {
                tokio::select! {
                    stopped = tokio::signal::ctrl_c() => return Ok(stopped?),
                    () = tokio::time::sleep(LOOK) => {}
                }
                // The directory may be gone for a moment while it is built anew.
                let now = stamps(&self.dir).unwrap_or_default();
                for (file, stamp) in &now {
                    // What still changes is still being written.
                    let is_whole = seen.get(file) == Some(stamp);
                    if is_whole && live_now.get(file) != Some(stamp) {
                        live_now.insert(file.clone(), *stamp);
                        let actor_type = self.actor_type.clone();
                        let actor_type = actor_type.unwrap_or_else(|| type_of(file));
                        live(&mut admin, file, &actor_type, self.force).await;
                    }
                }
                seen = now;
            }
        })
    }
}

type Stamps = HashMap<PathBuf, (SystemTime, u64)>;

fn stamps(dir: &Path) -> std::io::Result<Stamps> {
    let mut stamps = Stamps::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let is_wasm = path.extension().is_some_and(|ending| ending == "wasm");
        // A file may be gone between the listing and the look at it.
        if let (true, Ok(about)) = (is_wasm, path.metadata()) {
            stamps.insert(path, (about.modified()?, about.len()));
        }
    }
    Ok(stamps)
}

fn type_of(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let name = stem.strip_prefix("pizza_actor_").unwrap_or(&stem);
    name.replace('_', "-")
}

/// Pushes and activates a file. What cannot be taken is said, and the next change is waited for.
async fn live(admin: &mut Admin, file: &Path, actor_type: &str, force: bool) {
    let begun = Instant::now();
    let outcome = async {
        let wasm = modules::read(file)?;
        // How long each stage took is not what somebody watches for.
        let mut silent = |_: &str, _: f64| {};
        let pushed = modules::push(admin, actor_type, wasm, None, &mut silent).await?;
        let digest = cell(&pushed["module"]["digest"]);
        // A state that it cannot read is worth a word, whatever else is taken.
        let forced = Forced {
            changes: force,
            unreadable: false,
            withdrawn: false,
        };
        modules::activate(admin, &digest, None, None, forced).await?;
        anyhow::Ok(digest)
    };
    let words = match outcome.await {
        Ok(digest) => {
            let took_ms = begun.elapsed().as_millis();
            format!(
                "{actor_type}: {} serves after {took_ms} ms",
                short_digest(&digest)
            )
        }
        Err(error) => format!("{actor_type}: {error:#}"),
    };
    // Nobody may be reading.
    let _ = writeln!(std::io::stdout().lock(), "{words}");
}
