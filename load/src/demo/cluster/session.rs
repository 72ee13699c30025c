//! A scene with processes of its own: where they write, and that all of them end with it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use super::child::Child;

/// Plays a scene whose processes write to this directory, or to one that is removed in the end. `None` when it
/// was interrupted. Whatever comes of it, the processes have ended when this returns.
///
/// # Errors
/// Those of the scene, and when the directory cannot be made.
pub(crate) async fn run<T>(
    dir: Option<PathBuf>,
    scene: impl AsyncFnOnce(&Path, &mut Vec<Child>) -> anyhow::Result<T>,
) -> anyhow::Result<Option<T>> {
    let is_kept = dir.is_some();
    let dir = dir.unwrap_or_else(|| {
        std::env::temp_dir().join(format!("pizza-cluster-{}", std::process::id()))
    });
    std::fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    // The processes begin in it, and a path of theirs is to mean the same there.
    let dir = dir.canonicalize()?;
    // From here on a signal ends it by the way below.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut children = Vec::new();
    let outcome = tokio::select! {
        outcome = scene(&dir, &mut children) => outcome.map(Some),
        _ = interrupt.recv() => Ok(None),
        _ = terminate.recv() => Ok(None),
    };
    say("closing: the edges first, the stores last")?;
    for child in children.into_iter().rev() {
        child.stop().await;
    }
    if !is_kept {
        // Of no use to anybody; where it stays, the system clears it away.
        let _ = std::fs::remove_dir_all(&dir);
    }
    outcome
}

/// Tells whoever watches what happens.
pub(crate) fn say(what: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr().lock(), "{what}")
}
