//! A simulation that runs, and how long its end may take.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::over::Over;
use super::plan::Plan;

/// How long the simulation may take to settle what was ordered, when it is ended in peace.
const SETTLE_WAIT: Duration = Duration::from_secs(30);
/// How long the last deliveries may take when the process is to stop.
const STOP_WAIT: Duration = Duration::from_secs(10);

/// The simulation, while it runs.
pub(super) struct Background {
    over: watch::Sender<Over>,
    running: JoinHandle<()>,
}

impl Background {
    /// Starts it. The listeners must be bound already.
    pub(super) fn start(plan: Plan) -> Self {
        let over = watch::Sender::new(Over::No);
        let stop = over.subscribe();
        let running = tokio::spawn(plan.run(stop));
        Self { over, running }
    }

    /// Ends it in peace, or at once as soon as `hurry` resolves. The listeners must still be open.
    pub(super) async fn stop(self, hurry: impl Future<Output = ()>) {
        self.stop_within(SETTLE_WAIT, STOP_WAIT, hurry).await;
    }

    async fn stop_within(self, settle: Duration, stop: Duration, hurry: impl Future<Output = ()>) {
        let Self { over, mut running } = self;
        over.send_replace(Over::InPeace);
        let patience = async {
            let _ = timeout(settle, hurry).await;
            // Also when it is its time that is over: it is told before it is cut off, so that drivers and
            // cooks go off duty.
            over.send_replace(Over::AtOnce);
            sleep(stop).await;
        };
        let ended = tokio::select! {
            _ = &mut running => true,
            () = patience => false,
        };
        if !ended {
            tracing::warn!("the simulation does not end; its drivers vanish");
            running.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::super::over::comes;
    use super::*;

    #[tokio::test]
    async fn what_does_not_settle_in_time_is_told_to_end_at_once() {
        let over = watch::Sender::new(Over::No);
        let stop = over.subscribe();
        let (off_duty, went_off_duty) = tokio::sync::oneshot::channel();
        // It settles never, and has something to do before it ends.
        let running = tokio::spawn(async move {
            comes(stop, Over::AtOnce).await;
            let _ = off_duty.send(());
        });
        let background = Background { over, running };
        let (settle, stop) = (Duration::from_millis(10), Duration::from_secs(10));
        background.stop_within(settle, stop, pending()).await;
        went_off_duty.await.expect("it was not cut off");
    }
}
