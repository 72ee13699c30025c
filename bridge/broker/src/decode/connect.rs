//! A connection's first packet (MQTT 5, 3.1).

use std::sync::Arc;

use bytes::Bytes;

use crate::packet::{Connect, Message, Qos, Refused, Version, Will, reason, refused};
use crate::properties::Properties;
use crate::property::Set;
use crate::reader::Reader;
use crate::topic;

const UNSUPPORTED: Refused = refused(reason::UNSUPPORTED_VERSION, "neither MQTT 3.1.1 nor 5");

/// The version that a CONNECT says it is of.
///
/// # Errors
/// When it is none of this broker's.
pub(super) fn version(reader: &mut Reader<'_>) -> Result<Version, Refused> {
    if reader.binary()? != b"MQTT" {
        return Err(UNSUPPORTED);
    }
    match reader.u8()? {
        4 => Ok(Version::V4),
        5 => Ok(Version::V5),
        _ => Err(UNSUPPORTED),
    }
}

/// # Errors
/// When it breaks a rule of the standard.
pub(super) fn connect(reader: &mut Reader<'_>) -> Result<Connect, Refused> {
    let version = version(reader)?;
    let flags = reader.u8()?;
    // MQTT 5, 3.1.2.3 to 3.1.2.9, from bit 7 down: user, password, will retain, will QoS (two
    // bits), will, clean, reserved.
    let has = |bit: u8| flags & (1 << bit) != 0;
    // Version 3.1.1 has no password without a user (3.1.2.9).
    let is_lone_password = version == Version::V4 && has(6) && !has(7);
    if has(0) || (!has(2) && flags & 0b0011_1000 != 0) || is_lone_password {
        return Err(refused(reason::MALFORMED, "a CONNECT has wrong flags"));
    }
    let keep_alive_s = reader.u16()?;
    let properties = Properties::read(reader, version, Set::CONNECT)?;
    if properties.has_auth_data && !properties.has_auth_method {
        let why = "a CONNECT has authentication data and no method";
        return Err(refused(reason::PROTOCOL_ERROR, why));
    }
    let client_id = reader.text()?.to_owned();
    // The fields have to be read in this order, whichever of them there are.
    let will = has(2).then(|| will(reader, flags, version)).transpose()?;
    let user = has(7).then(|| reader.text()).transpose()?;
    let password = has(6).then(|| reader.binary()).transpose()?;
    // After everything else: of a CONNECT that is wrong in any other way no method is known.
    if properties.has_auth_method {
        let why = "no authentication method is supported";
        return Err(refused(reason::AUTH_METHOD, why));
    }
    Ok(Connect {
        version,
        client_id,
        clean: has(1),
        keep_alive_s,
        expiry_s: properties.session_expiry_s,
        receive_max: properties.receive_max.unwrap_or(u16::MAX),
        packet_bytes_max: properties.packet_bytes_max.unwrap_or(u32::MAX),
        will,
        user: user.map(str::to_owned),
        password: password.map(Bytes::copy_from_slice),
    })
}

fn will(reader: &mut Reader<'_>, flags: u8, version: Version) -> Result<Will, Refused> {
    let properties = Properties::read(reader, version, Set::WILL)?;
    let topic = topic::name(reader.text()?)?.into();
    let message = Message {
        topic,
        payload: Bytes::copy_from_slice(reader.binary()?),
        // The will's part of the CONNECT flags.
        qos: Qos::read((flags >> 3) & 3)?,
        retain: flags & 0x20 != 0,
        // Its life begins when it is published.
        expires: None,
        properties: properties.forwarded,
    };
    Ok(Will {
        message: Arc::new(message),
        expiry_s: properties.message_expiry_s,
        delay_s: properties.will_delay_s.unwrap_or_default(),
    })
}
