//! `pizza actor dev`: a project's actor serves as it is written, and one sees what it does.
//!
//! - [`sources`]: which files have changed
//! - [`cycle`]: from a saved file to a module that serves
//! - [`watch_turns`]: what the actors do meanwhile

mod cycle;
mod sources;
mod watch_turns;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use self::cycle::Cycle;
use self::sources::Sources;
use super::project::Project;
use crate::admin_target::AdminTarget;

/// How often the files are looked at. Two looks pass before a change is one: what still changes is
/// still being written.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Args)]
pub(crate) struct Dev {
    #[command(flatten)]
    target: AdminTarget,
    /// The project's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Take changes that others outside may rely on
    #[arg(long)]
    force: bool,
}

impl Dev {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let project = Project::of(&self.dir)?;
        let (address, token) = self.target.address_and_token()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let turns = watch_turns::Turns {
                address,
                token: token.expose().to_owned(),
                actor_type: project.actor_type.clone(),
            };
            let turns = tokio::spawn(turns.watch());
            let cycle = Cycle {
                address,
                token: token.expose(),
                project: &project,
                force: self.force,
            };
            let ended = tokio::select! {
                stopped = tokio::signal::ctrl_c() => stopped.map_err(anyhow::Error::from),
                ended = follow(&project, &cycle) => ended,
            };
            turns.abort();
            ended
        })
    }
}

/// Makes the actor serve whenever its sources have changed, for ever.
async fn follow(project: &Project, cycle: &Cycle<'_>) -> anyhow::Result<()> {
    let mut made = Sources::of(project);
    cycle.run(Instant::now()).await;
    let shown = project.dir.display();
    let waits = "follows its files; Ctrl-C ends it";
    writeln!(
        std::io::stdout().lock(),
        "{}: {shown}: {waits}",
        project.actor_type
    )?;
    let mut seen = made.clone();
    let mut changed_at = None;
    loop {
        tokio::time::sleep(LOOK).await;
        let now = Sources::of(project);
        if now == made {
            seen = now;
            changed_at = None;
            continue;
        }
        let changed = *changed_at.get_or_insert_with(Instant::now);
        if now == seen {
            if let Some(file) = now.differs_from(&made) {
                writeln!(std::io::stdout().lock(), "{} was saved", file.display())?;
            }
            // What is saved while it is built is seen afterwards.
            made = now.clone();
            cycle.run(changed).await;
            changed_at = None;
        }
        seen = now;
    }
}
