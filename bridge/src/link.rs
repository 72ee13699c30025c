//! One client of a broker, whichever version of MQTT the two speak.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::v5::mqttbytes::v5::{self as v5_packets, RetainForwardRule};
use rumqttc::{Outgoing, QoS, TlsConfiguration, Transport, v5};
use rustls::ClientConfig;
use serde::Deserialize;

use crate::publication::Publication;

const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// The largest message that is read at all; what a mapping takes is far less.
const PACKET_BYTES_MAX: u32 = 16 << 20;
/// How long the broker keeps our session while nobody is there: for ever.
const SESSION_S: u32 = u32::MAX;
/// A user property of MQTT 5 that names the message, whatever it holds.
const MESSAGE_ID: &str = "message-id";

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Version {
    #[serde(rename = "3.1.1")]
    V4,
    #[default]
    #[serde(rename = "5")]
    V5,
}

/// How to connect.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) version: Version,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) login: Option<(String, String)>,
    pub(crate) client_id: String,
    /// The session goes with the connection.
    pub(crate) clean: bool,
    /// Messages that were received and not yet acknowledged.
    pub(crate) receive_max: u16,
    /// Whoever receives a message acknowledges it.
    pub(crate) manual: bool,
}

/// What is asked of the connection; none of it waits.
pub(crate) enum Mqtt {
    V4(rumqttc::AsyncClient),
    V5(v5::AsyncClient),
}

/// The connection itself, which lives only as long as it is turned.
pub(crate) enum Wheel {
    V4(Box<rumqttc::EventLoop>),
    V5(Box<v5::EventLoop>),
}

pub(crate) enum Turned {
    /// Whether the broker still knows what was subscribed to.
    Connected {
        knows_us: bool,
    },
    Message(Message),
    /// To so many of the filters the broker said no.
    Subscribed {
        refused: usize,
    },
    /// A publication of ours has its packet id.
    Sent(u16),
    Acknowledged(u16),
    /// From our side.
    Closed,
    Nothing,
}

pub(crate) struct Message {
    pub(crate) topic: Bytes,
    pub(crate) payload: Bytes,
    /// Given beside the payload.
    pub(crate) id: Option<String>,
    pub(crate) receipt: Receipt,
}

/// What an acknowledgement needs to know of its message.
pub(crate) struct Receipt {
    packet_id: u16,
    qos: u8,
}

/// What the connection cannot take now, or ever.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error(transparent)]
    V4(#[from] Box<rumqttc::ConnectionError>),
    #[error(transparent)]
    V5(#[from] Box<v5::ConnectionError>),
}

/// There is no room in the queue of what is asked.
#[derive(Debug, thiserror::Error)]
#[error("the connection takes nothing more now")]
pub(crate) struct Full;

impl Options {
    pub(crate) fn open(&self, capacity: usize) -> (Mqtt, Wheel) {
        match self.version {
            Version::V4 => {
                let (mqtt, wheel) = rumqttc::AsyncClient::new(self.v4(), capacity);
                (Mqtt::V4(mqtt), Wheel::V4(wheel.into()))
            }
            Version::V5 => {
                let (mqtt, wheel) = v5::AsyncClient::new(self.v5(), capacity);
                (Mqtt::V5(mqtt), Wheel::V5(wheel.into()))
            }
        }
    }

    fn transport(&self) -> Transport {
        let tls = self.tls.as_ref();
        tls.map_or(Transport::Tcp, |config| {
            Transport::Tls(TlsConfiguration::Rustls(Arc::clone(config)))
        })
    }

    fn v4(&self) -> rumqttc::MqttOptions {
        let mut options = rumqttc::MqttOptions::new(&self.client_id, &self.host, self.port);
        options
            .set_transport(self.transport())
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_session(self.clean)
            .set_max_packet_size(PACKET_BYTES_MAX as usize, PACKET_BYTES_MAX as usize)
            .set_manual_acks(self.manual);
        if let Some((user, password)) = &self.login {
            options.set_credentials(user, password);
        }
        options
    }

    fn v5(&self) -> v5::MqttOptions {
        let mut options = v5::MqttOptions::new(&self.client_id, &self.host, self.port);
        options
            .set_transport(self.transport())
            .set_keep_alive(KEEP_ALIVE)
            .set_clean_start(self.clean)
            .set_session_expiry_interval((!self.clean).then_some(SESSION_S))
            // What the broker is to send before it hears an acknowledgement; not all keep to it.
            .set_receive_maximum(Some(self.receive_max))
            .set_max_packet_size(Some(PACKET_BYTES_MAX))
            .set_manual_acks(self.manual);
        if let Some((user, password)) = &self.login {
            options.set_credentials(user, password);
        }
        options
    }
}

impl Mqtt {
    pub(crate) fn subscribe(&self, filters: &[String]) -> Result<(), Full> {
        let filters = filters.iter().cloned();
        match self {
            Self::V4(mqtt) => {
                let filter = |path| rumqttc::SubscribeFilter::new(path, QoS::AtLeastOnce);
                mqtt.try_subscribe_many(filters.map(filter)).map_err(drop)
            }
            Self::V5(mqtt) => {
                let qos = v5::mqttbytes::QoS::AtLeastOnce;
                let filter = |path| v5_packets::Filter {
                    // What was retained has come with the first subscription.
                    retain_forward_rule: RetainForwardRule::OnNewSubscribe,
                    ..v5_packets::Filter::new(path, qos)
                };
                mqtt.try_subscribe_many(filters.map(filter)).map_err(drop)
            }
        }
        .map_err(|()| Full)
    }

    /// At QoS 1.
    pub(crate) fn publish(&self, publication: Publication) -> Result<(), Full> {
        let Publication {
            topic,
            payload,
            retain,
            expiry_s,
        } = publication;
        match self {
            Self::V4(mqtt) => mqtt
                .try_publish(topic, QoS::AtLeastOnce, retain, payload)
                .map_err(drop),
            Self::V5(mqtt) => {
                let qos = v5::mqttbytes::QoS::AtLeastOnce;
                let properties = v5_packets::PublishProperties {
                    message_expiry_interval: expiry_s,
                    ..Default::default()
                };
                mqtt.try_publish_with_properties(topic, qos, retain, payload, properties)
                    .map_err(drop)
            }
        }
        .map_err(|()| Full)
    }

    pub(crate) fn acknowledge(&self, receipt: &Receipt) -> Result<(), Full> {
        let nothing = Bytes::new;
        match self {
            Self::V4(mqtt) => {
                let mut message = rumqttc::Publish::from_bytes("", QoS::AtMostOnce, nothing());
                message.pkid = receipt.packet_id;
                message.qos = rumqttc::qos(receipt.qos).unwrap_or(QoS::AtLeastOnce);
                mqtt.try_ack(&message).map_err(drop)
            }
            Self::V5(mqtt) => {
                let qos = v5::mqttbytes::qos(receipt.qos);
                let message = v5_packets::Publish {
                    dup: false,
                    qos: qos.unwrap_or(v5::mqttbytes::QoS::AtLeastOnce),
                    retain: false,
                    topic: nothing(),
                    pkid: receipt.packet_id,
                    payload: nothing(),
                    properties: None,
                };
                mqtt.try_ack(&message).map_err(drop)
            }
        }
        .map_err(|()| Full)
    }

    /// Behind everything that was asked before.
    pub(crate) fn disconnect(&self) -> Result<(), Full> {
        match self {
            Self::V4(mqtt) => mqtt.try_disconnect().map_err(drop),
            Self::V5(mqtt) => mqtt.try_disconnect().map_err(drop),
        }
        .map_err(|()| Full)
    }
}

impl Wheel {
    /// Connects where there is no connection. After an error it may be turned again.
    pub(crate) async fn turn(&mut self) -> Result<Turned, LinkError> {
        match self {
            Self::V4(wheel) => Ok(turned_v4(wheel.poll().await.map_err(Box::new)?)),
            Self::V5(wheel) => Ok(turned_v5(wheel.poll().await.map_err(Box::new)?)),
        }
    }
}

fn turned_v4(event: rumqttc::Event) -> Turned {
    use rumqttc::{Event, Packet, SubscribeReasonCode};
    match event {
        Event::Incoming(Packet::ConnAck(ack)) => Turned::Connected {
            knows_us: ack.session_present,
        },
        Event::Incoming(Packet::Publish(message)) => Turned::Message(Message {
            receipt: Receipt {
                packet_id: message.pkid,
                qos: message.qos as u8,
            },
            topic: message.topic.into(),
            payload: message.payload,
            id: None,
        }),
        Event::Incoming(Packet::PubAck(ack)) => Turned::Acknowledged(ack.pkid),
        Event::Incoming(Packet::SubAck(ack)) => {
            let codes = ack.return_codes.iter();
            let refused = codes.filter(|c| matches!(c, SubscribeReasonCode::Failure));
            Turned::Subscribed {
                refused: refused.count(),
            }
        }
        Event::Outgoing(outgoing) => sent(&outgoing),
        Event::Incoming(_) => Turned::Nothing,
    }
}

fn turned_v5(event: v5::Event) -> Turned {
    use v5::Event;
    use v5_packets::{Packet, SubscribeReasonCode};
    match event {
        Event::Incoming(Packet::ConnAck(ack)) => Turned::Connected {
            knows_us: ack.session_present,
        },
        Event::Incoming(Packet::Publish(message)) => {
            let properties = message.properties.into_iter();
            let mut named = properties.flat_map(|properties| properties.user_properties);
            Turned::Message(Message {
                id: named.find(|(name, _)| name == MESSAGE_ID).map(|(_, id)| id),
                receipt: Receipt {
                    packet_id: message.pkid,
                    qos: message.qos as u8,
                },
                topic: message.topic,
                payload: message.payload,
            })
        }
        Event::Incoming(Packet::PubAck(ack)) => Turned::Acknowledged(ack.pkid),
        Event::Incoming(Packet::SubAck(ack)) => {
            let codes = ack.return_codes.iter();
            let refused = codes.filter(|c| !matches!(c, SubscribeReasonCode::Success(_)));
            Turned::Subscribed {
                refused: refused.count(),
            }
        }
        Event::Outgoing(outgoing) => sent(&outgoing),
        Event::Incoming(_) => Turned::Nothing,
    }
}

fn sent(outgoing: &Outgoing) -> Turned {
    match outgoing {
        Outgoing::Publish(id) => Turned::Sent(*id),
        Outgoing::Disconnect => Turned::Closed,
        _ => Turned::Nothing,
    }
}
