//! Whether the house is in: the doors open when it is, and close when it has left.

use std::time::Duration;

use tokio::sync::watch;

use super::Hub;
use crate::broker::session::Side;

pub(super) struct House {
    listens: watch::Sender<bool>,
    connections: watch::Sender<usize>,
}

impl Default for House {
    fn default() -> Self {
        Self {
            listens: watch::Sender::new(false),
            connections: watch::Sender::new(0),
        }
    }
}

impl House {
    pub(super) fn comes(&self, side: Side) {
        if side == Side::House {
            self.connections.send_modify(|count| *count += 1);
        }
    }

    pub(super) fn goes(&self, side: Side) {
        if side == Side::House {
            self.connections
                .send_modify(|count| *count = count.saturating_sub(1));
        }
    }
}

impl Hub {
    /// Tells when the house listens.
    pub(in crate::broker) fn house(&self) -> watch::Receiver<bool> {
        self.house.listens.subscribe()
    }

    pub(in crate::broker) fn house_listens(&self) {
        self.house.listens.send_replace(true);
    }

    /// What the house said last has been heard.
    pub(in crate::broker) async fn house_has_left(&self, within: Duration) {
        let mut connections = self.house.connections.subscribe();
        let left = connections.wait_for(|count| *count == 0);
        drop(tokio::time::timeout(within, left).await);
    }
}
