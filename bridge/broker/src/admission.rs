//! Which clients are let in, as whom, and with which limits.

use std::sync::Arc;
use std::time::Duration;

use subtle::ConstantTimeEq as _;

use crate::attachment::{AttachRequest, Signals};
use crate::config::{Config, Limits};
use crate::hub::is_reserved;
use crate::identity::Origin;
use crate::packet::{Connect, Granted, Version, reason};

/// A broker has to take 23 (MQTT 5, 3.1.3.1); a UUID with a name in front of it fits too.
const CLIENT_ID_BYTES_MAX: usize = 256;
/// A will is stored for as long as its client's session, and no other limit counts it.
const WILL_BYTES_MAX: usize = 16 << 10;

/// The names and passwords of one listener.
pub(crate) enum Users {
    /// No names are asked for.
    Anybody,
    Listed(Vec<(String, String)>),
}

impl Users {
    /// Those of external clients.
    pub(crate) fn configured(config: &Config) -> Self {
        if config.users.is_empty() {
            return Self::Anybody;
        }
        let users = config.users.iter();
        Self::Listed(
            users
                .map(|(name, password)| (name.clone(), password.expose().to_owned()))
                .collect(),
        )
    }

    pub(crate) fn single(name: &str, password: &str) -> Self {
        Self::Listed(vec![(name.to_owned(), password.to_owned())])
    }

    fn admit(&self, connect: &Connect) -> bool {
        let Self::Listed(users) = self else {
            return true;
        };
        let name = connect.user.as_deref().unwrap_or_default().as_bytes();
        let password = connect.password.as_deref().unwrap_or_default();
        // All are compared, in constant time each: the time that a refusal takes tells neither
        // whether the name exists nor how much of the password was right.
        let mut found = subtle::Choice::from(0);
        for (a, b) in users {
            found |= name.ct_eq(a.as_bytes()) & password.ct_eq(b.as_bytes());
        }
        found.into()
    }
}

/// The session that the client gets, and what it is told about its limits.
///
/// `signals` are the connection's.
///
/// # Errors
/// The reason code of a refusal.
pub(crate) fn admit(
    connect: &mut Connect,
    users: &Users,
    origin: Origin,
    limits: &Limits,
    signals: Arc<Signals>,
) -> Result<(AttachRequest, Granted), u8> {
    if !users.admit(connect) {
        return Err(reason::CREDENTIALS);
    }
    let is_v4 = connect.version == Version::V4;
    let nameless = connect.client_id.is_empty();
    // Version 3.1.1 forbids a nameless client a session that outlives it (3.1.3.1): nobody
    // could ever come back to it.
    if connect.client_id.len() > CLIENT_ID_BYTES_MAX || (nameless && is_v4 && !connect.clean) {
        return Err(reason::CLIENT_ID);
    }
    let will_bytes = connect.will.as_ref().map_or(0, |will| will.message.bytes());
    if will_bytes > WILL_BYTES_MAX {
        return Err(reason::TOO_LARGE);
    }
    let client_id = if nameless {
        random_client_id().ok_or(reason::BUSY)?
    } else {
        connect.client_id.clone()
    };
    // Version 3.1.1 knows two lives of a session: as long as the connection, and for ever.
    let asked_s = match connect.version {
        Version::V4 if connect.clean => 0,
        Version::V4 => u32::MAX,
        Version::V5 => connect.expiry_s.unwrap_or(0),
    };
    // The bridge's session has to outlive a bridge that is away for long, and its window is
    // what keeps the actors busy: it is given what it asks for.
    let (expiry_s, window_max) = match origin {
        Origin::Internal => (asked_s, connect.receive_max),
        Origin::External => (
            asked_s.min(limits.session_s_max),
            connect.receive_max.min(limits.in_flight_max),
        ),
    };
    let keep_alive_s = connect.keep_alive_s;
    // 0 means no keep-alive at all, and a connection that is broken would never be noticed.
    let is_too_long = keep_alive_s == 0 || keep_alive_s > limits.idle_s_max;
    let granted = Granted {
        client_id: nameless.then(|| client_id.clone()),
        expiry_s: (expiry_s != connect.expiry_s.unwrap_or(0)).then_some(expiry_s),
        receive_max: limits.in_flight_max,
        packet_bytes_max: u32::try_from(limits.packet_bytes_max).unwrap_or(u32::MAX),
        topic_alias_max: limits.topic_alias_max,
        keep_alive_s: if is_too_long { limits.idle_s_max } else { 0 },
    };
    let request = AttachRequest {
        origin,
        client_id: client_id.into(),
        clean: connect.clean,
        expiry: Duration::from_secs(expiry_s.into()),
        window_max: window_max.into(),
        packet_bytes_max: usize::try_from(connect.packet_bytes_max).unwrap_or(usize::MAX),
        version: connect.version,
        will: connect
            .will
            .take()
            .filter(|w| !is_reserved(&w.message.topic)),
        signals,
    };
    Ok((request, granted))
}

/// An id for a client that has none. By chance, so that it is nobody else's: a number could be
/// guessed, and a client that calls itself by the next one would take the session over.
fn random_client_id() -> Option<String> {
    let mut bytes = [0; 16];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).ok()?;
    Some(format!("nameless-{:032x}", u128::from_be_bytes(bytes)))
}
