//! The broker: lost, and found again.

use pizza_client::Client;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use rumqttc::v5::{Event, EventLoop};
use tokio::sync::mpsc;

use crate::counted;
use crate::lane::wait;

/// What is heard of the broker.
pub(crate) enum Heard {
    /// A connection; whether the broker still knows what was subscribed to.
    Connected {
        knows_us: bool,
    },
    Message(Box<Publish>),
    /// What was not acknowledged will come again.
    Lost,
}

/// Turns the connection's wheel until it is closed from our side. While nobody takes what
/// is heard, nothing more is read: the broker has to keep it.
pub(crate) async fn keep(mut wheel: EventLoop, heard: mpsc::Sender<Heard>, client: Client) {
    let mut failures = 0;
    loop {
        let told = match wheel.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(ack))) => Heard::Connected {
                knows_us: ack.session_present,
            },
            Ok(Event::Incoming(Packet::Publish(message))) => {
                failures = 0;
                Heard::Message(Box::new(message))
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
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
