//! How long a simulation goes on, and how it is told to stop.

use std::time::Duration;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

/// A time, or else a signal.
#[derive(Args)]
pub(crate) struct StopAfter {
    /// Stop by itself after this time [default: only when it is told to, with Ctrl-C]
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<u64>,
}

impl StopAfter {
    /// Resolves when it is time to stop. From the call on, a signal ends the simulation and
    /// not the process.
    pub(crate) fn stopped(&self) -> std::io::Result<impl Future<Output = ()> + use<>> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let seconds = self.seconds;
        Ok(async move {
            let time = async {
                match seconds {
                    Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                () = time => {}
            }
        })
    }
}
