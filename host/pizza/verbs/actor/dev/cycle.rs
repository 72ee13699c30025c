//! From a saved file to a module that serves, in stages that are told.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::ensure;
use pizza_cli::admin::Admin;
use pizza_cli::modules::{self, Forced, short_digest};
use pizza_cli::table::cell;
use tokio::process::Command;

use crate::verbs::actor::project::Project;

pub(super) struct Cycle<'a> {
    pub(super) address: SocketAddr,
    pub(super) token: &'a str,
    pub(super) project: &'a Project,
    pub(super) force: bool,
}

impl Cycle<'_> {
    /// Builds it, and lets it serve. What goes wrong is told: the next change may mend it.
    pub(super) async fn run(&self, changed: Instant) {
        let words = match self.live(changed).await {
            Ok(words) => words,
            Err(error) => format!("{}: {error:#}", self.project.actor_type),
        };
        // Nobody may be reading.
        let _ = writeln!(std::io::stdout().lock(), "{words}");
    }

    async fn live(&self, changed: Instant) -> anyhow::Result<String> {
        let Project {
            dir,
            actor_type,
            build,
            ..
        } = self.project;
        let begun = Instant::now();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", build])
            .current_dir(dir)
            .kill_on_drop(true);
        let ended = shell.status().await?;
        ensure!(
            ended.success(),
            "`{build}` ended with {ended}; what serves stays"
        );
        let built = Instant::now();
        let wasm = modules::read(&self.project.component())?;
        // On a connection of its own: the silo may have been started again meanwhile.
        let mut admin = Admin::open(self.address, self.token).await?;
        let mut stages = Vec::new();
        let mut on_stage = |stage: &str, took_ms: f64| stages.push(format!("{stage} {took_ms:.1}"));
        let pushed = modules::push(&mut admin, actor_type, wasm, None, &mut on_stage).await?;
        let digest = cell(&pushed["module"]["digest"]);
        let activating = Instant::now();
        // A state that it cannot read is worth a word, whatever else is taken.
        let forced = Forced {
            changes: self.force,
            ..Forced::default()
        };
        modules::activate(&mut admin, &digest, None, None, forced).await?;
        let lives = Instant::now();
        Ok(format!(
            "{actor_type}: {} serves {} ms after it was saved: \
             seen {}, build {} ({build}), push {} ({}), activate {}",
            short_digest(&digest),
            ms(lives - changed),
            ms(begun - changed),
            ms(built - begun),
            ms(activating - built),
            stages.join(", "),
            ms(lives - activating),
        ))
    }
}

fn ms(took: Duration) -> u128 {
    took.as_millis()
}
