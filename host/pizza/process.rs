//! What every process of this program does that serves something: it logs, listens, and
//! stops when it is asked to.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Writes log lines that pass the filter to the standard error.
///
/// # Errors
/// When this is no log filter.
pub(crate) fn log_to_stderr(log: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(log);
    let filter = filter.with_context(|| format!("{log:?} is no log filter"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        // The standard output is for answers and for the banner.
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}

/// Resolves when this process is asked to stop. From the call on, not from the first poll, a
/// signal no longer ends the process where it stands: a supervisor that has read the banner
/// can count on a drained stop.
///
/// # Errors
/// When the system gives no notice of signals.
pub(crate) fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests in progress are finished first");
    })
}

/// Listens at an address.
///
/// # Errors
/// When the address is taken or is none of this machine; `option` names what sets another.
pub(crate) async fn listen(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.with_context(|| {
        format!(
            "cannot listen on {address}; is another pizza running? {option} takes another address"
        )
    })
}
