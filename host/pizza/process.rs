//! What every process of this program does that serves something: it listens, and stops when it
//! is asked to.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

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
