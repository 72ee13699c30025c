//! The broker: lost, and found again.

use std::time::Duration;

use pizza_client::Client;
use tokio::sync::mpsc;

use crate::counted;
use crate::lane::wait;
use crate::link::{Message, Mqtt, Options, Turned, Wheel};

/// Heard and not yet taken.
const HEARD: usize = 16;
/// After the connection's own code has failed.
const ANEW: Duration = Duration::from_secs(1);

/// What is heard of the broker.
pub(crate) enum Heard {
    /// A connection; whether the broker still knows what was subscribed to.
    Connected {
        knows_us: bool,
    },
    Message(Box<Message>),
    /// The broker said no to some of the filters.
    NotSubscribed {
        refused: usize,
    },
    /// What was not acknowledged will come again.
    Lost,
}

/// The connection's two ends.
pub(crate) struct Connection {
    options: Options,
    capacity: usize,
    client: Client,
    pub(crate) mqtt: Mqtt,
    heard: mpsc::Receiver<Heard>,
}

impl Connection {
    pub(crate) fn open(options: Options, capacity: usize, client: Client) -> Self {
        let (mqtt, heard) = turning(&options, capacity, &client);
        Self {
            options,
            capacity,
            client,
            mqtt,
            heard,
        }
    }

    /// `None` when it is closed from our side.
    pub(crate) async fn heard(&mut self, closing: bool) -> Option<Heard> {
        if let Some(heard) = self.heard.recv().await {
            return Some(heard);
        }
        if closing {
            return None;
        }
        // A broker that harms may find what the library did not think of. That must not be
        // the end of all messages.
        tracing::error!("the connection to the broker has failed; it is made anew");
        tokio::time::sleep(ANEW).await;
        counted::lost();
        (self.mqtt, self.heard) = turning(&self.options, self.capacity, &self.client);
        Some(Heard::Lost)
    }
}

fn turning(options: &Options, capacity: usize, client: &Client) -> (Mqtt, mpsc::Receiver<Heard>) {
    let (mqtt, wheel) = options.open(capacity);
    let (tell, heard) = mpsc::channel(HEARD);
    tokio::spawn(keep(wheel, tell, client.clone()));
    (mqtt, heard)
}

/// Turns the connection's wheel until it is closed from our side. While nobody takes what
/// is heard, nothing more is read: the broker has to keep it.
async fn keep(mut wheel: Wheel, heard: mpsc::Sender<Heard>, client: Client) {
    let mut failures = 0;
    loop {
        let told = match wheel.turn().await {
            Ok(Turned::Connected { knows_us }) => Heard::Connected { knows_us },
            Ok(Turned::Message(message)) => {
                failures = 0;
                Heard::Message(Box::new(message))
            }
            Ok(Turned::Subscribed { refused }) if refused > 0 => Heard::NotSubscribed { refused },
            Ok(Turned::Closed) => return,
            Ok(_) => continue,
            Err(error) => {
                counted::lost();
                let wait = wait(&client, failures);
                tracing::warn!(%error, ?wait, "the broker is not there; it is tried again");
                tokio::time::sleep(wait).await;
                failures += 1;
                Heard::Lost
            }
        };
        if heard.send(told).await.is_err() {
            return;
        }
    }
}
