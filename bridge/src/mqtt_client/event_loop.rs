//! What happens on a connection: the library's event loops, and their events in words that
//! are the same for both versions.

use bytes::Bytes;
use rumqttc::v5::mqttbytes::v5 as v5_packets;
use rumqttc::{Outgoing, v5};

/// A user property of MQTT 5 that identifies the message, whatever its payload is.
const MESSAGE_ID: &str = "message-id";

/// The connection itself. It lives only as long as it is polled.
pub(crate) enum EventLoop {
    // Boxed: they are some hundred bytes, and of different size.
    V4(Box<rumqttc::EventLoop>),
    V5(Box<v5::EventLoop>),
}

pub(crate) enum Event {
    Connected {
        /// Whether the broker has kept the session, and with it the subscriptions.
        session_present: bool,
    },
    Message(Message),
    /// The broker's answer to a subscription.
    Subscribed {
        /// How many of the filters it has refused.
        refused: usize,
    },
    /// A publication of ours was sent, with this packet id.
    Sent(u16),
    /// The broker has acknowledged the publication with this packet id.
    Acknowledged(u16),
    /// We have disconnected.
    Closed,
    /// Something that does not matter here, such as a ping.
    Other,
}

/// A message from the broker.
pub(crate) struct Message {
    pub(crate) topic: Bytes,
    pub(crate) payload: Bytes,
    /// The id in the user property `message-id`, if there is one.
    pub(crate) id: Option<String>,
    pub(crate) receipt: Receipt,
}

/// What an acknowledgement needs to know of its message.
pub(crate) struct Receipt {
    pub(super) packet_id: u16,
    pub(super) qos: u8,
}

/// The connection is lost, or could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    #[error(transparent)]
    V4(#[from] Box<rumqttc::ConnectionError>),
    #[error(transparent)]
    V5(#[from] Box<v5::ConnectionError>),
}

impl EventLoop {
    /// Waits for what happens next, and connects where there is no connection.
    ///
    /// # Errors
    /// When the connection is lost. Polled again, the loop makes another one.
    pub(crate) async fn poll(&mut self) -> Result<Event, ConnectionError> {
        match self {
            Self::V4(events) => Ok(event_v4(events.poll().await.map_err(Box::new)?)),
            Self::V5(events) => Ok(event_v5(events.poll().await.map_err(Box::new)?)),
        }
    }
}

fn event_v4(event: rumqttc::Event) -> Event {
    use rumqttc::{Packet, SubscribeReasonCode};
    let packet = match event {
        rumqttc::Event::Incoming(packet) => packet,
        rumqttc::Event::Outgoing(outgoing) => return sent(&outgoing),
    };
    match packet {
        Packet::ConnAck(ack) => Event::Connected {
            session_present: ack.session_present,
        },
        Packet::Publish(message) => Event::Message(Message {
            receipt: Receipt {
                packet_id: message.pkid,
                qos: message.qos as u8,
            },
            topic: message.topic.into(),
            payload: message.payload,
            // That version has no properties.
            id: None,
        }),
        Packet::PubAck(ack) => Event::Acknowledged(ack.pkid),
        Packet::SubAck(ack) => {
            // A filter that is granted with a lower QoS than asked for counts as granted.
            let codes = ack.return_codes.iter();
            let refused = codes.filter(|c| matches!(c, SubscribeReasonCode::Failure));
            Event::Subscribed {
                refused: refused.count(),
            }
        }
        _ => Event::Other,
    }
}

fn event_v5(event: v5::Event) -> Event {
    use v5_packets::{Packet, SubscribeReasonCode};
    let packet = match event {
        v5::Event::Incoming(packet) => packet,
        v5::Event::Outgoing(outgoing) => return sent(&outgoing),
    };
    match packet {
        Packet::ConnAck(ack) => Event::Connected {
            session_present: ack.session_present,
        },
        Packet::Publish(message) => {
            let properties = message.properties.into_iter();
            // A user property may come more than once; the first is taken.
            let mut named = properties.flat_map(|properties| properties.user_properties);
            Event::Message(Message {
                id: named.find(|(name, _)| name == MESSAGE_ID).map(|(_, id)| id),
                receipt: Receipt {
                    packet_id: message.pkid,
                    qos: message.qos as u8,
                },
                topic: message.topic,
                payload: message.payload,
            })
        }
        Packet::PubAck(ack) => Event::Acknowledged(ack.pkid),
        Packet::SubAck(ack) => {
            let codes = ack.return_codes.iter();
            let refused = codes.filter(|c| !matches!(c, SubscribeReasonCode::Success(_)));
            Event::Subscribed {
                refused: refused.count(),
            }
        }
        _ => Event::Other,
    }
}

fn sent(outgoing: &Outgoing) -> Event {
    match outgoing {
        Outgoing::Publish(id) => Event::Sent(*id),
        Outgoing::Disconnect => Event::Closed,
        _ => Event::Other,
    }
}
