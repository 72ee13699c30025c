//! A message from a client (MQTT 5, 3.3).

use crate::packet::{Incoming, Message, Qos, Refused, Version, expires, reason, refused};
use crate::properties::Properties;
use crate::property::Set;
use crate::reader::Reader;
use crate::topic;

/// # Errors
/// When it breaks a rule of the standard, or its topic is none that a client may publish to.
pub(super) fn publish(
    reader: &mut Reader<'_>,
    flags: u8,
    version: Version,
) -> Result<Incoming, Refused> {
    let qos = Qos::read((flags >> 1) & 3)?;
    // MQTT 5, 3.3.1.1: nothing at QoS 0 is ever sent again.
    if qos == Qos::AtMostOnce && flags & 8 != 0 {
        let why = "a message at QoS 0 is sent again";
        return Err(refused(reason::MALFORMED, why));
    }
    let topic = reader.text()?;
    let id = match qos {
        Qos::AtMostOnce => 0,
        _ => reader.id()?,
    };
    let properties = Properties::read(reader, version, Set::PUBLISH)?;
    if properties.subscription_id.is_some() {
        return Err(refused(
            reason::PROTOCOL_ERROR,
            "a publisher names a subscription",
        ));
    }
    let alias = properties.topic_alias;
    // The topic may be left out where its alias stands for it.
    let topic = if topic.is_empty() && alias.is_some() {
        topic
    } else {
        topic::name(topic)?
    };
    let message = Message {
        topic: topic.into(),
        payload: reader.rest(),
        qos,
        retain: flags & 1 != 0,
        expires: properties.message_expiry_s.and_then(expires),
        properties: properties.forwarded,
    };
    Ok(Incoming::Publish { id, alias, message })
}
