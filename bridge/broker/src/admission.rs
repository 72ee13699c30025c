//! Which clients are let in, as whom, and with which limits.

use std::sync::Arc;
use std::time::Duration;

use crate::attachment::{AttachRequest, Signals};
use crate::authentication::Authentication;
use crate::config::Limits;
use crate::hub::is_reserved;
use crate::identity::Origin;
use crate::metrics;
use crate::packet::{Connect, Granted, Version, reason};
use crate::rights::{Access, Rights};

/// A broker has to take 23 (MQTT 5, 3.1.3.1); a UUID with a name in front of it fits too.
const CLIENT_ID_BYTES_MAX: usize = 256;
/// A will is stored for as long as its client's session, and no other limit counts it.
const WILL_BYTES_MAX: usize = 16 << 10;

/// What a client gets that is let in.
pub(crate) struct Admitted {
    pub(crate) request: AttachRequest,
    pub(crate) granted: Granted,
    pub(crate) access: Access,
}

/// The session that the client gets, and what it is told about its limits.
///
/// `signals` are the connection's.
///
/// # Errors
/// The reason code of a refusal.
pub(crate) fn admit(
    connect: &mut Connect,
    authentication: &Authentication,
    rights: &Rights,
    limits: &Limits,
    signals: Arc<Signals>,
) -> Result<Admitted, u8> {
    let owner = authentication.identify(connect);
    let owner = owner.ok_or(reason::CREDENTIALS)?;
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
    let client_id: Arc<str> = client_id.into();
    let access = rights.access(&owner, &client_id);
    let will = connect.will.take();
    let will = will.filter(|w| !is_reserved(&w.message.topic));
    // Now, while the client is there to be told. What it may later, it may now.
    if let Some(will) = &will
        && access.publish(&will.message.topic).is_err()
    {
        metrics::refused("no right to publish a will");
        return Err(reason::NOT_AUTHORIZED);
    }
    // Version 3.1.1 knows two lives of a session: as long as the connection, and for ever.
    let asked_s = match connect.version {
        Version::V4 if connect.clean => 0,
        Version::V4 => u32::MAX,
        Version::V5 => connect.expiry_s.unwrap_or(0),
    };
    // The bridge's session has to outlive a bridge that is away for long, and its window is
    // what keeps the actors busy: it is given what it asks for.
    let (expiry_s, window_max) = match owner.origin() {
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
        client_id: nameless.then(|| client_id.to_string()),
        expiry_s: (expiry_s != connect.expiry_s.unwrap_or(0)).then_some(expiry_s),
        receive_max: limits.in_flight_max,
        packet_bytes_max: u32::try_from(limits.packet_bytes_max).unwrap_or(u32::MAX),
        topic_alias_max: limits.topic_alias_max,
        keep_alive_s: if is_too_long { limits.idle_s_max } else { 0 },
    };
    let request = AttachRequest {
        owner,
        client_id,
        clean: connect.clean,
        expiry: Duration::from_secs(expiry_s.into()),
        window_max: window_max.into(),
        packet_bytes_max: usize::try_from(connect.packet_bytes_max).unwrap_or(usize::MAX),
        version: connect.version,
        will,
        signals,
    };
    Ok(Admitted {
        request,
        granted,
        access,
    })
}

/// An id for a client that has none. By chance, so that it is nobody else's: a number could be
/// guessed, and a client that calls itself by the next one would take the session over.
fn random_client_id() -> Option<String> {
    let mut bytes = [0; 16];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).ok()?;
    Some(format!("nameless-{:032x}", u128::from_be_bytes(bytes)))
}
