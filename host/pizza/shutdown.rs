//! How this process ends when its store has stopped: not at once, for a load balancer is to
//! hear of it first; but it ends, for only a new process can find out what the disk holds. A
//! supervisor knows the reason by the exit code.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use pizza_silo::{AssembleError, STORE_STOPPED};
use pizza_store::Store;

/// How long tidying up may take when the store has stopped: some of it may wait for the store.
const TIDY_UP: Duration = Duration::from_secs(5);

/// The store has stopped, and a process without its store is of no use.
#[derive(Debug, thiserror::Error)]
#[error("the store has stopped: {0}")]
pub(crate) struct StoreStopped(pub(crate) String);

/// Resolves when the store has stopped and its time of grace is over.
async fn store_stopped(store: &dyn Store, grace_ms: u64) {
    let reason = store.stopped().await;
    tracing::error!(
        reason,
        grace_ms,
        exit_code = STORE_STOPPED,
        "the store has stopped: everything is refused, and the process ends"
    );
    // Meanwhile the process says that it is not ready, which a load balancer has to hear.
    tokio::time::sleep(Duration::from_millis(grace_ms)).await;
}

/// Resolves when somebody asks the process to stop, or its store has stopped for it.
pub(crate) async fn asked_or_store_stopped(
    asked: impl Future<Output = ()>,
    store: &dyn Store,
    grace_ms: u64,
) {
    tokio::select! {
        () = asked => {}
        () = store_stopped(store, grace_ms) => {}
    }
}

/// Tidies up: that takes the time that it needs, but not for ever where the store has stopped.
pub(crate) async fn tidy_up(store: &dyn Store, tidied_up: impl Future<Output = ()>) {
    let in_vain = async {
        store.stopped().await;
        tokio::time::sleep(TIDY_UP).await;
    };
    tokio::select! {
        () = tidied_up => {}
        () = in_vain => {}
    }
}

/// Why the silo did not start.
pub(crate) fn start_failed(error: AssembleError) -> anyhow::Error {
    match error.store_stopped() {
        Some(reason) => StoreStopped(reason.to_owned()).into(),
        None => error.into(),
    }
}

/// How serving went, unless the store has stopped: then that is why, whatever else is said.
pub(crate) fn outcome(store: &dyn Store, served: anyhow::Result<()>) -> anyhow::Result<()> {
    match store.stop_reason() {
        None => served,
        Some(reason) => Err(StoreStopped(reason).into()),
    }
}

fn is_unread(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// The code that the process ends with. Where the store has stopped it ends here and now: whatever
/// would be tidied up after `main` may wait for a thread that hangs in the store.
#[allow(clippy::print_stderr, reason = "it is the last word of the process")]
pub(crate) fn code(outcome: anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    // Whoever read the output has read enough: `pizza module list | head` is no failure.
    if error.downcast_ref().is_some_and(is_unread) {
        return ExitCode::SUCCESS;
    }
    // Not by `Debug`, which adds where in the program it was: that is no use to whoever mistyped a name.
    eprintln!("Error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("Caused by: {cause}");
    }
    if error.is::<StoreStopped>() {
        std::process::exit(i32::from(STORE_STOPPED));
    }
    ExitCode::FAILURE
}
