//! The packets that clients and broker exchange, whatever the version of the protocol.
//! Names and numbers are those of the OASIS standards MQTT 3.1.1 and 5.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// 3.1.1, which calls itself 4 on the wire.
    V4,
    V5,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(
    clippy::enum_variant_names,
    reason = "these are the standard's names for them"
)]
pub(crate) enum Qos {
    AtMostOnce,
    AtLeastOnce,
    ExactlyOnce,
}

impl Qos {
    pub(crate) fn of(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }

    pub(crate) fn bits(self) -> u8 {
        self as u8
    }
}

/// A published message, shared by all outboxes in which it lies.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) topic: Box<str>,
    pub(crate) payload: Bytes,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
    /// Those properties of a publisher of version 5 that go to subscribers, still encoded.
    pub(crate) properties: Bytes,
    pub(crate) expires: Option<Instant>,
}

impl Message {
    /// What it takes in memory, roughly.
    pub(crate) fn bytes(&self) -> usize {
        // The struct, its counts and its place in a queue. Without it, empty messages would
        // count for nothing, and any number of them would fit.
        const OVERHEAD: usize = 128;
        OVERHEAD + self.topic.len() + self.payload.len() + self.properties.len()
    }
}

#[derive(Debug)]
pub(crate) struct Connect {
    pub(crate) version: Version,
    pub(crate) client_id: String,
    /// Clean Session of version 3.1.1, Clean Start of version 5.
    pub(crate) clean: bool,
    pub(crate) keep_alive_s: u16,
    /// How long the session outlives the connection, if the client says.
    pub(crate) expiry_s: Option<u32>,
    pub(crate) receive_max: u16,
    pub(crate) packet_bytes_max: u32,
    pub(crate) will: Option<Will>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Bytes>,
}

#[derive(Debug)]
pub(crate) struct Will {
    pub(crate) message: Arc<Message>,
    pub(crate) delay_s: u32,
}

impl Will {
    pub(crate) fn bytes(&self) -> usize {
        self.message.bytes()
    }
}

/// From a client.
#[derive(Debug)]
pub(crate) enum Incoming {
    Publish {
        /// 0 at QoS 0, which has none.
        id: u16,
        message: Message,
    },
    PubAck(u16),
    /// With whether the exchange goes on, which it does not after a reason of failure.
    PubRec(u16, bool),
    PubRel(u16),
    PubComp(u16),
    Subscribe {
        id: u16,
        /// The client's own number for all of the filters.
        subscription_id: Option<u32>,
        filters: Vec<(String, SubscriptionOptions)>,
    },
    Unsubscribe {
        id: u16,
        filters: Vec<String>,
    },
    Ping,
    Disconnect {
        reason: u8,
        expiry_s: Option<u32>,
    },
}

/// How a subscription is to be served (MQTT 5, 3.8.3.1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct SubscriptionOptions {
    pub(crate) qos: Qos,
    /// The client does not want what it has published itself.
    pub(crate) no_local: bool,
    /// The retain flag is sent as the publisher has set it.
    pub(crate) retain_as_published: bool,
    /// Retain Handling: retained messages are sent 0: with each subscription, 1: with a new
    /// one, 2: never.
    pub(crate) retain_handling: u8,
}

impl SubscriptionOptions {
    /// Whether the retained messages are sent.
    pub(crate) fn wants_retained(&self, is_new: bool) -> bool {
        self.retain_handling == 0 || (self.retain_handling == 1 && is_new)
    }
}

/// To a client.
#[derive(Debug)]
pub(crate) enum Outgoing {
    ConnAck {
        session_present: bool,
        code: u8,
        granted: Granted,
    },
    Publish {
        id: u16,
        dup: bool,
        qos: Qos,
        retain: bool,
        subscription_ids: Vec<u32>,
        message: Arc<Message>,
    },
    /// With a reason code, as the next ones: clients of version 3.1.1 are not told.
    PubAck(u16, u8),
    PubRec(u16, u8),
    PubRel(u16),
    PubComp(u16, u8),
    SubAck {
        id: u16,
        codes: Vec<u8>,
    },
    UnsubAck {
        id: u16,
        codes: Vec<u8>,
    },
    Pong,
    Disconnect(u8),
}

/// What a client of version 5 is told with the acceptance: the limits that hold for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Granted {
    /// The id that a client without one has got.
    pub(crate) client_id: Option<String>,
    pub(crate) expiry_s: u32,
    pub(crate) receive_max: u16,
    pub(crate) packet_bytes_max: u32,
    /// How many aliases of topics the client may use.
    pub(crate) topic_alias_max: u16,
    /// 0: as the client has asked for.
    pub(crate) keep_alive_s: u16,
}

/// Packet types (MQTT 5, 2.1.2): the high half of a packet's first byte.
pub(crate) mod kind {
    pub(crate) const CONNECT: u8 = 1;
    pub(crate) const CONNACK: u8 = 2;
    pub(crate) const PUBLISH: u8 = 3;
    pub(crate) const PUBACK: u8 = 4;
    pub(crate) const PUBREC: u8 = 5;
    pub(crate) const PUBREL: u8 = 6;
    pub(crate) const PUBCOMP: u8 = 7;
    pub(crate) const SUBSCRIBE: u8 = 8;
    pub(crate) const SUBACK: u8 = 9;
    pub(crate) const UNSUBSCRIBE: u8 = 10;
    pub(crate) const UNSUBACK: u8 = 11;
    pub(crate) const PINGREQ: u8 = 12;
    pub(crate) const PINGRESP: u8 = 13;
    pub(crate) const DISCONNECT: u8 = 14;
}

/// Reason codes of version 5 (2.4); some have a counterpart in version 3.1.1.
pub(crate) mod reason {
    pub(crate) const OK: u8 = 0;
    pub(crate) const WITH_WILL: u8 = 0x04;
    pub(crate) const NO_SUBSCRIPTION: u8 = 0x11;
    pub(crate) const MALFORMED: u8 = 0x81;
    pub(crate) const PROTOCOL_ERROR: u8 = 0x82;
    pub(crate) const UNSUPPORTED_VERSION: u8 = 0x84;
    pub(crate) const CLIENT_ID: u8 = 0x85;
    pub(crate) const CREDENTIALS: u8 = 0x86;
    pub(crate) const NOT_AUTHORIZED: u8 = 0x87;
    pub(crate) const BUSY: u8 = 0x89;
    pub(crate) const SHUTTING_DOWN: u8 = 0x8b;
    pub(crate) const KEEP_ALIVE: u8 = 0x8d;
    pub(crate) const TAKEN_OVER: u8 = 0x8e;
    pub(crate) const FILTER_INVALID: u8 = 0x8f;
    pub(crate) const TOPIC_INVALID: u8 = 0x90;
    pub(crate) const RECEIVE_MAX: u8 = 0x93;
    pub(crate) const TOPIC_ALIAS: u8 = 0x94;
    pub(crate) const TOO_LARGE: u8 = 0x95;
    pub(crate) const QUOTA: u8 = 0x97;

    /// Codes from 0x80 on are failures.
    pub(crate) fn is_failure(code: u8) -> bool {
        code >= 0x80
    }
}

/// Why a client's connection ends at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(crate) struct Refused {
    /// What the client is told.
    pub(crate) reason: u8,
    /// A label of a metric: a text of the program, never one of a client.
    pub(crate) why: &'static str,
}

pub(crate) const fn refused(reason: u8, why: &'static str) -> Refused {
    Refused { reason, why }
}
