//! What clients and broker say to each other, whatever the version of the protocol.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V4,
    V5,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(
    clippy::enum_variant_names,
    reason = "these are the standard's names for them"
)]
pub(super) enum Qos {
    AtMostOnce,
    AtLeastOnce,
    ExactlyOnce,
}

impl Qos {
    pub(super) fn of(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }

    pub(super) fn bits(self) -> u8 {
        self as u8
    }
}

/// Shared by everybody who receives it.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) topic: Box<str>,
    pub(super) payload: Bytes,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    /// What a publisher of version 5 wants handed on, as encoded properties.
    pub(super) properties: Bytes,
    pub(super) expires: Option<Instant>,
}

impl Message {
    /// What it takes in memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        const OVERHEAD: usize = 128;
        OVERHEAD + self.topic.len() + self.payload.len() + self.properties.len()
    }
}

#[derive(Debug)]
pub(super) struct Connect {
    pub(super) version: Version,
    pub(super) client_id: String,
    /// The session begins anew.
    pub(super) clean: bool,
    pub(super) keep_alive_s: u16,
    /// How long the session outlives the connection, if the client says.
    pub(super) expiry_s: Option<u32>,
    pub(super) receive_max: u16,
    pub(super) packet_bytes_max: u32,
    pub(super) will: Option<Will>,
    pub(super) user: Option<String>,
    pub(super) password: Option<Bytes>,
}

#[derive(Debug)]
pub(super) struct Will {
    pub(super) message: Arc<Message>,
    pub(super) delay_s: u32,
}

#[derive(Debug)]
pub(super) enum Incoming {
    Publish {
        id: u16,
        message: Message,
    },
    PubAck(u16),
    /// Whether the receiver goes on.
    PubRec(u16, bool),
    PubRel(u16),
    PubComp(u16),
    Subscribe {
        id: u16,
        /// The client's own number for the subscription.
        number: Option<u32>,
        filters: Vec<(String, Wish)>,
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

/// How a subscription is to be served.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub(super) qos: Qos,
    pub(super) no_local: bool,
    pub(super) as_published: bool,
    /// 0: always, 1: for a new subscription, 2: never.
    pub(super) retained: u8,
}

#[derive(Debug)]
pub(super) enum Outgoing {
    ConnAck {
        present: bool,
        code: u8,
        granted: Granted,
    },
    Publish {
        id: u16,
        dup: bool,
        qos: Qos,
        retain: bool,
        numbers: Vec<u32>,
        message: Arc<Message>,
    },
    PubAck(u16),
    PubRec(u16),
    PubRel(u16),
    PubComp(u16),
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

/// What a client of version 5 is told about this broker.
#[derive(Debug, Clone, Default)]
pub(super) struct Granted {
    pub(super) client_id: Option<String>,
    pub(super) expiry_s: u32,
    pub(super) receive_max: u16,
    pub(super) packet_bytes_max: u32,
    pub(super) keep_alive_s: u16,
}

/// Reasons of version 5; some have a counterpart in version 4.
pub(super) mod reason {
    pub(crate) const OK: u8 = 0;
    pub(crate) const WITH_WILL: u8 = 0x04;
    pub(crate) const NO_SUBSCRIPTION: u8 = 0x11;
    pub(crate) const MALFORMED: u8 = 0x81;
    pub(crate) const PROTOCOL_ERROR: u8 = 0x82;
    pub(crate) const UNSUPPORTED_VERSION: u8 = 0x84;
    pub(crate) const CLIENT_ID: u8 = 0x85;
    pub(crate) const CREDENTIALS: u8 = 0x86;
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
}

/// Why a client's connection ends at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(super) struct Refused {
    pub(super) reason: u8,
    /// Counted by it, so there are few.
    pub(super) why: &'static str,
}

pub(super) const fn refused(reason: u8, why: &'static str) -> Refused {
    Refused { reason, why }
}
