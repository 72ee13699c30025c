//! One client of a broker, whichever version of MQTT the two speak: [`MqttClient`] asks,
//! [`EventLoop`] does it and says what happens.

mod event_loop;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::v5::mqttbytes::v5::{self as v5_packets, RetainForwardRule};
use rumqttc::{QoS, TlsConfiguration, Transport, v5};
use rustls::ClientConfig;

pub(crate) use self::event_loop::{ConnectionError, Event, EventLoop, Message, Receipt};
use crate::config::Version;
use crate::publication::Publication;

/// A broken connection is noticed within one and a half times of this.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// The largest packet that is read at all. What a mapping takes is far smaller; larger ones
/// still have to become dead letters, and a packet above this breaks the connection.
const PACKET_BYTES_MAX: u32 = 16 << 20;
/// How long the broker keeps the session while the bridge is away: the standard's "for ever".
const SESSION_S: u32 = u32::MAX;

/// How to connect.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) version: Version,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    pub(crate) login: Option<(String, String)>,
    pub(crate) client_id: String,
    /// The session ends with the connection.
    pub(crate) clean: bool,
    /// How many messages the broker may send without an acknowledgement.
    pub(crate) receive_max: u16,
    /// Messages are acknowledged by [`MqttClient::acknowledge`], not by the library.
    pub(crate) manual_acks: bool,
}

/// Hands requests to the event loop. None of them waits, and none is done when the function
/// returns.
pub(crate) enum MqttClient {
    V4(rumqttc::AsyncClient),
    V5(v5::AsyncClient),
}

/// There is no room in the queue of requests.
#[derive(Debug, thiserror::Error)]
#[error("the connection takes nothing more now")]
pub(crate) struct Full;

impl Options {
    /// `capacity` is that of the queue of requests.
    pub(crate) fn open(&self, capacity: usize) -> (MqttClient, EventLoop) {
        match self.version {
            Version::V4 => {
                let (client, events) = rumqttc::AsyncClient::new(self.v4(), capacity);
                (MqttClient::V4(client), EventLoop::V4(events.into()))
            }
            Version::V5 => {
                let (client, events) = v5::AsyncClient::new(self.v5(), capacity);
                (MqttClient::V5(client), EventLoop::V5(events.into()))
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
            .set_manual_acks(self.manual_acks);
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
            // Not every broker keeps to it, so the session bounds what it takes in besides.
            .set_receive_maximum(Some(self.receive_max))
            .set_max_packet_size(Some(PACKET_BYTES_MAX))
            .set_manual_acks(self.manual_acks);
        if let Some((user, password)) = &self.login {
            options.set_credentials(user, password);
        }
        options
    }
}

impl MqttClient {
    /// Subscribes at QoS 1.
    ///
    /// # Errors
    /// When the queue is full.
    pub(crate) fn subscribe(&self, filters: &[String]) -> Result<(), Full> {
        let filters = filters.iter().cloned();
        match self {
            Self::V4(client) => {
                let filter = |path| rumqttc::SubscribeFilter::new(path, QoS::AtLeastOnce);
                client.try_subscribe_many(filters.map(filter)).map_err(drop)
            }
            Self::V5(client) => {
                let qos = v5::mqttbytes::QoS::AtLeastOnce;
                let filter = |path| v5_packets::Filter {
                    // A subscription is repeated after each start. What was retained has come
                    // with the first one, and is no news.
                    retain_forward_rule: RetainForwardRule::OnNewSubscribe,
                    ..v5_packets::Filter::new(path, qos)
                };
                client.try_subscribe_many(filters.map(filter)).map_err(drop)
            }
        }
        .map_err(|()| Full)
    }

    /// Publishes at QoS 1.
    ///
    /// # Errors
    /// When the queue is full.
    pub(crate) fn publish(&self, publication: Publication) -> Result<(), Full> {
        let Publication {
            topic,
            payload,
            retain,
            expiry_s,
        } = publication;
        match self {
            Self::V4(client) => client
                .try_publish(topic, QoS::AtLeastOnce, retain, payload)
                .map_err(drop),
            Self::V5(client) => {
                let qos = v5::mqttbytes::QoS::AtLeastOnce;
                let properties = v5_packets::PublishProperties {
                    message_expiry_interval: expiry_s,
                    ..Default::default()
                };
                client
                    .try_publish_with_properties(topic, qos, retain, payload, properties)
                    .map_err(drop)
            }
        }
        .map_err(|()| Full)
    }

    /// Acknowledges a message.
    ///
    /// # Errors
    /// When the queue is full.
    pub(crate) fn acknowledge(&self, receipt: &Receipt) -> Result<(), Full> {
        // The library takes the whole message and looks at its id and QoS only, so the
        // payload need not be held until then.
        let nothing = Bytes::new;
        match self {
            Self::V4(client) => {
                let mut message = rumqttc::Publish::from_bytes("", QoS::AtMostOnce, nothing());
                message.pkid = receipt.packet_id;
                message.qos = rumqttc::qos(receipt.qos).unwrap_or(QoS::AtLeastOnce);
                client.try_ack(&message).map_err(drop)
            }
            Self::V5(client) => {
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
                client.try_ack(&message).map_err(drop)
            }
        }
        .map_err(|()| Full)
    }

    /// Disconnects, when everything that was asked for before is done.
    ///
    /// # Errors
    /// When the queue is full.
    pub(crate) fn disconnect(&self) -> Result<(), Full> {
        match self {
            Self::V4(client) => client.try_disconnect().map_err(drop),
            Self::V5(client) => client.try_disconnect().map_err(drop),
        }
        .map_err(|()| Full)
    }
}
