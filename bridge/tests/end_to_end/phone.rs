//! A client of the broker, as a phone is one.

use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, Publish, QoS};
use tokio::sync::mpsc;

/// Longer than anything here takes; a test that fails shall end.
const WAIT: Duration = Duration::from_secs(20);

pub(crate) struct Phone {
    client: AsyncClient,
    packets: mpsc::UnboundedReceiver<Packet>,
}

impl Phone {
    /// Returns when it was let in.
    pub(crate) async fn new(at: SocketAddr, id: &str) -> Self {
        let options = MqttOptions::new(id, at.ip().to_string(), at.port());
        let (client, mut event_loop) = AsyncClient::new(options, 16);
        let (tx, packets) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(event) = event_loop.poll().await {
                if let Event::Incoming(packet) = event
                    && tx.send(packet).is_err()
                {
                    return;
                }
            }
        });
        let mut phone = Self { client, packets };
        let packet = phone.packet().await;
        assert!(matches!(packet, Packet::ConnAck(_)), "{packet:?}");
        phone
    }

    async fn packet(&mut self) -> Packet {
        let packet = tokio::time::timeout(WAIT, self.packets.recv()).await;
        packet.expect("a packet in time").expect("a connection")
    }

    pub(crate) async fn publish(&self, topic: &str, payload: &str) {
        let sent = self.client.publish(topic, QoS::AtLeastOnce, false, payload);
        sent.await.expect("it is connected");
    }

    pub(crate) async fn subscribe(&mut self, filter: &str) {
        let sent = self.client.subscribe(filter, QoS::AtLeastOnce).await;
        sent.expect("it is connected");
        let packet = self.packet().await;
        assert!(matches!(packet, Packet::SubAck(_)), "{packet:?}");
    }

    pub(crate) async fn is_acknowledged(&mut self) {
        let packet = self.packet().await;
        assert!(matches!(packet, Packet::PubAck(_)), "{packet:?}");
    }

    /// Whether nothing has come that the test has not seen.
    pub(crate) fn has_nothing(&self) -> bool {
        self.packets.is_empty()
    }

    pub(crate) async fn message(&mut self) -> Publish {
        match self.packet().await {
            Packet::Publish(message) => message,
            other => panic!("no message: {other:?}"),
        }
    }
}
