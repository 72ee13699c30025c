//! The four acknowledgements (MQTT 5, 3.4 to 3.7), and the end of a connection (3.14), which have
//! their reason code and properties in the same form: either may be left out from the end.

use crate::packet::{Incoming, Refused, Version, kind, reason, refused};
use crate::properties::Properties;
use crate::property::Set;
use crate::reader::Reader;

/// Tables 3-4 and 3-5.
const OF_RECEIPT: [u8; 9] = [
    reason::OK,
    reason::NO_SUBSCRIBERS,
    reason::UNSPECIFIED,
    reason::IMPLEMENTATION,
    reason::NOT_AUTHORIZED,
    reason::TOPIC_INVALID,
    reason::ID_IN_USE,
    reason::QUOTA,
    reason::PAYLOAD_FORMAT,
];
/// Tables 3-6 and 3-7.
const OF_RELEASE: [u8; 2] = [reason::OK, reason::ID_NOT_FOUND];
/// Of table 3-13 those that a client may send.
const OF_DISCONNECT: [u8; 14] = [
    reason::OK,
    reason::WITH_WILL,
    reason::UNSPECIFIED,
    reason::MALFORMED,
    reason::PROTOCOL_ERROR,
    reason::IMPLEMENTATION,
    reason::TOPIC_INVALID,
    reason::RECEIVE_MAX,
    reason::TOPIC_ALIAS,
    reason::TOO_LARGE,
    reason::RATE,
    reason::QUOTA,
    reason::ADMINISTRATIVE,
    reason::PAYLOAD_FORMAT,
];

/// `kind` is one of PUBACK, PUBREC, PUBREL and PUBCOMP.
///
/// # Errors
/// When it breaks a rule of the standard.
pub(super) fn acknowledgement(
    kind: u8,
    reader: &mut Reader<'_>,
    version: Version,
) -> Result<Incoming, Refused> {
    let id = reader.id()?;
    let codes: &[u8] = match kind {
        kind::PUBACK | kind::PUBREC => &OF_RECEIPT,
        _ => &OF_RELEASE,
    };
    let (code, _) = outcome(reader, version, codes, Set::ACKNOWLEDGEMENT)?;
    Ok(match kind {
        kind::PUBACK => Incoming::PubAck(id),
        kind::PUBREC => Incoming::PubRec(id, !reason::is_failure(code)),
        kind::PUBREL => Incoming::PubRel(id),
        _ => Incoming::PubComp(id),
    })
}

/// # Errors
/// When it breaks a rule of the standard.
pub(super) fn disconnect(reader: &mut Reader<'_>, version: Version) -> Result<Incoming, Refused> {
    let (reason, properties) = outcome(reader, version, &OF_DISCONNECT, Set::DISCONNECT)?;
    Ok(Incoming::Disconnect {
        reason,
        expiry_s: properties.session_expiry_s,
    })
}

fn outcome(
    reader: &mut Reader<'_>,
    version: Version,
    codes: &[u8],
    allowed: Set,
) -> Result<(u8, Properties), Refused> {
    // Version 3.1.1 has neither; what comes there instead is found to be too much.
    if version == Version::V4 || reader.is_empty() {
        return Ok((reason::OK, Properties::default()));
    }
    let code = reader.u8()?;
    if !codes.contains(&code) {
        let why = "a packet has a reason code that is not its own";
        return Err(refused(reason::PROTOCOL_ERROR, why));
    }
    if reader.is_empty() {
        return Ok((code, Properties::default()));
    }
    Ok((code, Properties::read(reader, version, allowed)?))
}
