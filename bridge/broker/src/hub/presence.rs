//! Whether the internal client is there: external clients are accepted once it has
//! subscribed, and the broker stops when it has disconnected.

use std::time::Duration;

use tokio::sync::watch;

use crate::identity::Origin;

pub(crate) struct Presence {
    is_subscribed: watch::Sender<bool>,
    connections: watch::Sender<usize>,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            is_subscribed: watch::Sender::new(false),
            connections: watch::Sender::new(0),
        }
    }
}

impl Presence {
    pub(crate) fn connects(&self, origin: Origin) {
        if origin.is_internal() {
            self.connections.send_modify(|count| *count += 1);
        }
    }

    pub(crate) fn disconnects(&self, origin: Origin) {
        if origin.is_internal() {
            // Saturating: a stop that waits for ever would be worse than one that is early.
            self.connections
                .send_modify(|count| *count = count.saturating_sub(1));
        }
    }

    /// It stays true: a bridge that reconnects has a session, in which messages wait for it.
    pub(crate) fn subscribes(&self) {
        self.is_subscribed.send_replace(true);
    }

    pub(crate) fn is_subscribed(&self) -> watch::Receiver<bool> {
        self.is_subscribed.subscribe()
    }

    /// Returns when no internal connection is left, or the time is over.
    pub(crate) async fn has_left(&self, within: Duration) {
        let mut connections = self.connections.subscribe();
        let left = connections.wait_for(|count| *count == 0);
        // A bridge that hangs must not keep the process from ending.
        let _ = tokio::time::timeout(within, left).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_internal_client_is_waited_for() {
        const LONG: Duration = Duration::from_secs(60);
        const SHORT: Duration = Duration::from_millis(10);
        let presence = Presence::default();
        let started = tokio::time::Instant::now();
        presence.connects(Origin::External);
        presence.has_left(LONG).await;
        presence.connects(Origin::Internal);
        presence.has_left(SHORT).await;
        assert!(started.elapsed() >= SHORT, "it was waited for");
        presence.disconnects(Origin::Internal);
        presence.has_left(LONG).await;
        assert!(started.elapsed() < LONG, "it has left");
    }
}
