//! The broker's own topics, `$SYS/broker/…`: what it tells of itself, in the names that
//! Mosquitto has for them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::packet::{Message, Qos};

/// As often as Mosquitto does.
const EVERY: Duration = Duration::from_secs(10);

pub(super) struct System {
    started: Instant,
    next: Instant,
    /// External clients.
    pub(super) connected: usize,
    pub(super) received: u64,
    pub(super) sent: u64,
}

impl Default for System {
    fn default() -> Self {
        let started = Instant::now();
        Self {
            started,
            next: started + EVERY,
            connected: 0,
            received: 0,
            sent: 0,
        }
    }
}

/// Whether messages of the topic come from nobody but the broker (MQTT 5, 4.7.2). A client's
/// are accepted and go nowhere: a Mosquitto that is configured as a bridge publishes its state
/// on such a topic, and has its will there.
pub(crate) fn is_reserved(topic: &str) -> bool {
    topic.starts_with('$')
}

/// Whether a filter may cover one of these topics.
pub(super) fn may_cover(filter: &str) -> bool {
    filter.starts_with("$SYS/")
}

impl System {
    /// Whether it is time to tell them again.
    pub(super) fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = now >= self.next;
        if is_due {
            self.next = now + EVERY;
        }
        is_due
    }

    /// One for each topic.
    pub(super) fn messages(&self, retained_count: usize) -> Vec<Message> {
        let uptime = self.started.elapsed().as_secs();
        let all = [
            (
                "version",
                format!("Awesome Pizza {}", env!("CARGO_PKG_VERSION")),
            ),
            ("uptime", format!("{uptime} seconds")),
            ("clients/connected", self.connected.to_string()),
            ("messages/received", self.received.to_string()),
            ("messages/sent", self.sent.to_string()),
            ("retained messages/count", retained_count.to_string()),
        ];
        let messages = all.map(|(name, value)| Message {
            topic: format!("$SYS/broker/{name}").into(),
            payload: Bytes::from(value),
            qos: Qos::AtMostOnce,
            // Not stored: it is made anew for whoever asks.
            retain: false,
            properties: Bytes::new(),
            expires: None,
        });
        messages.into()
    }

    /// Those that the filter covers.
    pub(super) fn covered_by(&self, filter: &str, retained_count: usize) -> Vec<Arc<Message>> {
        let all = self.messages(retained_count).into_iter();
        let covered = all.filter(|message| pizza_mqtt::topic::covers(filter, &message.topic));
        covered.map(Arc::new).collect()
    }
}
