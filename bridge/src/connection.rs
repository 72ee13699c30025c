//! The connection to the broker: lost, and found again.

use std::time::Duration;

use pizza_client::Client;
use pizza_client::retry::wait;
use tokio::sync::mpsc;

use crate::metrics;
use crate::mqtt_client::{Event, EventLoop, Message, MqttClient, Options};

/// Events that wait for the session. Few: each may be a message of megabytes.
const EVENTS_MAX: usize = 16;
/// A pause before the connection is made anew, after the task that polls it has failed.
const RESTART_WAIT: Duration = Duration::from_secs(1);

/// What happens on the connection.
pub(crate) enum ConnectionEvent {
    Connected {
        /// Whether the broker has kept the session, and with it the subscriptions.
        session_present: bool,
    },
    Message(Box<Message>),
    /// The broker has refused some of the filters.
    NotSubscribed {
        refused: usize,
    },
    /// What was not acknowledged will be delivered again.
    Lost,
}

/// Both ends of the connection, and what it takes to make it anew.
pub(crate) struct Connection {
    options: Options,
    capacity: usize,
    client: Client,
    pub(crate) mqtt: MqttClient,
    events: mpsc::Receiver<ConnectionEvent>,
}

impl Connection {
    /// `capacity` is that of the queue of requests to the broker.
    pub(crate) fn open(options: Options, capacity: usize, client: Client) -> Self {
        let (mqtt, events) = spawn(&options, capacity, &client);
        Self {
            options,
            capacity,
            client,
            mqtt,
            events,
        }
    }

    /// `None` when it was closed from our side, which `closing` says is expected.
    pub(crate) async fn next_event(&mut self, closing: bool) -> Option<ConnectionEvent> {
        if let Some(event) = self.events.recv().await {
            return Some(event);
        }
        if closing {
            return None;
        }
        // The task has panicked: a hostile broker may send what the library did not think
        // of. That must not be the end of all messages.
        tracing::error!("the connection to the broker has failed; it is made anew");
        tokio::time::sleep(RESTART_WAIT).await;
        metrics::lost();
        (self.mqtt, self.events) = spawn(&self.options, self.capacity, &self.client);
        Some(ConnectionEvent::Lost)
    }
}

fn spawn(
    options: &Options,
    capacity: usize,
    client: &Client,
) -> (MqttClient, mpsc::Receiver<ConnectionEvent>) {
    let (mqtt, event_loop) = options.open(capacity);
    let (tx, rx) = mpsc::channel(EVENTS_MAX);
    tokio::spawn(poll(event_loop, tx, client.clone()));
    (mqtt, rx)
}

/// Polls the connection until it is closed from our side. While nobody takes the events,
/// nothing more is read: TCP makes the broker keep the messages.
async fn poll(mut event_loop: EventLoop, tx: mpsc::Sender<ConnectionEvent>, client: Client) {
    let mut failures = 0;
    loop {
        let event = match event_loop.poll().await {
            Ok(Event::Connected { session_present }) => {
                ConnectionEvent::Connected { session_present }
            }
            Ok(Event::Message(message)) => {
                // Not when it connects: a broker that throws us out each time is no success.
                failures = 0;
                ConnectionEvent::Message(Box::new(message))
            }
            Ok(Event::Subscribed { refused }) if refused > 0 => {
                ConnectionEvent::NotSubscribed { refused }
            }
            Ok(Event::Closed) => return,
            // The broker's acknowledgement of a dead letter is not waited for: the library sends
            // the letter again on the next connection if there was none.
            Ok(_) => continue,
            Err(error) => {
                metrics::lost();
                let wait = wait(&client, failures);
                tracing::warn!(%error, ?wait, "the broker is not there; it is tried again");
                tokio::time::sleep(wait).await;
                failures += 1;
                ConnectionEvent::Lost
            }
        };
        if tx.send(event).await.is_err() {
            return;
        }
    }
}
