//! Which properties there are (MQTT 5, table 2-4), how their values are written, and which
//! packet of a client may have which.

pub(crate) const PAYLOAD_FORMAT: u8 = 1;
pub(crate) const MESSAGE_EXPIRY: u8 = 2;
pub(crate) const CONTENT_TYPE: u8 = 3;
pub(crate) const RESPONSE_TOPIC: u8 = 8;
pub(crate) const CORRELATION_DATA: u8 = 9;
pub(crate) const SUBSCRIPTION_ID: u8 = 11;
pub(crate) const SESSION_EXPIRY: u8 = 17;
pub(crate) const ASSIGNED_CLIENT_ID: u8 = 18;
pub(crate) const SERVER_KEEP_ALIVE: u8 = 19;
pub(crate) const AUTH_METHOD: u8 = 21;
pub(crate) const AUTH_DATA: u8 = 22;
pub(crate) const REQUEST_PROBLEM_INFO: u8 = 23;
pub(crate) const WILL_DELAY: u8 = 24;
pub(crate) const REQUEST_RESPONSE_INFO: u8 = 25;
pub(crate) const REASON_STRING: u8 = 31;
pub(crate) const RECEIVE_MAX: u8 = 33;
pub(crate) const TOPIC_ALIAS_MAX: u8 = 34;
pub(crate) const TOPIC_ALIAS: u8 = 35;
pub(crate) const USER: u8 = 38;
pub(crate) const PACKET_BYTES_MAX: u8 = 39;

/// How a property's value is written.
pub(crate) enum Form {
    /// A byte that is 0 or 1, as each is that a client may send.
    Flag,
    Two,
    Four,
    Length,
    Binary,
    Text,
    Pair,
}

/// `None` for those that there are not, and those that no client may send.
pub(crate) fn form(id: u8) -> Option<Form> {
    Some(match id {
        PAYLOAD_FORMAT | REQUEST_PROBLEM_INFO | REQUEST_RESPONSE_INFO => Form::Flag,
        RECEIVE_MAX | TOPIC_ALIAS_MAX | TOPIC_ALIAS => Form::Two,
        MESSAGE_EXPIRY | SESSION_EXPIRY | WILL_DELAY | PACKET_BYTES_MAX => Form::Four,
        SUBSCRIPTION_ID => Form::Length,
        CORRELATION_DATA | AUTH_DATA => Form::Binary,
        CONTENT_TYPE | RESPONSE_TOPIC | AUTH_METHOD | REASON_STRING => Form::Text,
        USER => Form::Pair,
        _ => return None,
    })
}

/// Whether subscribers get the property as the publisher has written it (MQTT 5, 3.3.2.3).
/// The expiry is not one: subscribers get what is left of it.
pub(crate) fn is_forwarded(id: u8) -> bool {
    matches!(
        id,
        PAYLOAD_FORMAT | CONTENT_TYPE | RESPONSE_TOPIC | CORRELATION_DATA | USER
    )
}

/// Whether a packet may have the property more than once.
pub(crate) fn may_repeat(id: u8) -> bool {
    id == USER
}

/// A set of properties: a bit for each, since all of them are below 64.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Set(u64);

impl Set {
    pub(crate) const NONE: Self = Self::of(&[]);
    pub(crate) const CONNECT: Self = Self::of(&[
        SESSION_EXPIRY,
        RECEIVE_MAX,
        PACKET_BYTES_MAX,
        TOPIC_ALIAS_MAX,
        REQUEST_RESPONSE_INFO,
        REQUEST_PROBLEM_INFO,
        USER,
        AUTH_METHOD,
        AUTH_DATA,
    ]);
    pub(crate) const WILL: Self = Self::of(&[
        WILL_DELAY,
        PAYLOAD_FORMAT,
        MESSAGE_EXPIRY,
        CONTENT_TYPE,
        RESPONSE_TOPIC,
        CORRELATION_DATA,
        USER,
    ]);
    /// Also the subscription's number, which a server sends and a client must not: a publisher
    /// is refused for it in its own words.
    pub(crate) const PUBLISH: Self = Self::of(&[
        PAYLOAD_FORMAT,
        MESSAGE_EXPIRY,
        TOPIC_ALIAS,
        RESPONSE_TOPIC,
        CORRELATION_DATA,
        USER,
        SUBSCRIPTION_ID,
        CONTENT_TYPE,
    ]);
    pub(crate) const ACKNOWLEDGEMENT: Self = Self::of(&[REASON_STRING, USER]);
    pub(crate) const SUBSCRIBE: Self = Self::of(&[SUBSCRIPTION_ID, USER]);
    pub(crate) const UNSUBSCRIBE: Self = Self::of(&[USER]);
    pub(crate) const DISCONNECT: Self = Self::of(&[SESSION_EXPIRY, REASON_STRING, USER]);

    const fn of(ids: &[u8]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < ids.len() {
            bits |= 1 << ids[at];
            at += 1;
        }
        Self(bits)
    }

    pub(crate) fn has(self, id: u8) -> bool {
        id < 64 && self.0 & (1 << id) != 0
    }

    /// Adds a property; whether it was in already.
    pub(crate) fn add(&mut self, id: u8) -> bool {
        let had = self.has(id);
        self.0 |= 1 << (id & 63);
        had
    }
}
