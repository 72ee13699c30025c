//! What a client wants to hear of (MQTT 5, 3.8), and no longer (3.10).

use crate::packet::{Incoming, Qos, Refused, SubscriptionOptions, Version, reason, refused};
use crate::properties::Properties;
use crate::property::Set;
use crate::reader::Reader;
use crate::topic;

/// No packet of a reasonable client comes near it; the limit of one client's subscriptions is
/// another, and lower.
pub(super) const FILTERS_MAX: usize = 1_024;

/// # Errors
/// When it breaks a rule of the standard, or there are too many filters.
pub(super) fn subscribe(reader: &mut Reader<'_>, version: Version) -> Result<Incoming, Refused> {
    let id = reader.id()?;
    let properties = Properties::read(reader, version, Set::SUBSCRIBE)?;
    let filters = all(reader, |reader| {
        let filter = topic::filter(reader.text()?)?;
        let options = options(reader.u8()?, version)?;
        // Forbidden by MQTT 5, 3.8.3.1: a member of a group cannot leave a message to nobody.
        if options.no_local && topic::shared(filter).is_some() {
            let why = "a shared subscription is not to be local";
            return Err(refused(reason::PROTOCOL_ERROR, why));
        }
        Ok((filter.to_owned(), options))
    })?;
    Ok(Incoming::Subscribe {
        id,
        subscription_id: properties.subscription_id,
        filters,
    })
}

/// # Errors
/// When it breaks a rule of the standard, or there are too many filters.
pub(super) fn unsubscribe(reader: &mut Reader<'_>, version: Version) -> Result<Incoming, Refused> {
    let id = reader.id()?;
    Properties::read(reader, version, Set::UNSUBSCRIBE)?;
    let filters = all(reader, |reader| {
        Ok(topic::filter(reader.text()?)?.to_owned())
    })?;
    Ok(Incoming::Unsubscribe { id, filters })
}

/// All that are left, of which there is at least one.
fn all<'b, T>(
    reader: &mut Reader<'b>,
    one: impl Fn(&mut Reader<'b>) -> Result<T, Refused>,
) -> Result<Vec<T>, Refused> {
    let mut all = Vec::new();
    while !reader.is_empty() {
        if all.len() >= FILTERS_MAX {
            return Err(refused(reason::QUOTA, "a packet names too many filters"));
        }
        all.push(one(reader)?);
    }
    if all.is_empty() {
        return Err(refused(reason::PROTOCOL_ERROR, "a packet names no filter"));
    }
    Ok(all)
}

fn options(bits: u8, version: Version) -> Result<SubscriptionOptions, Refused> {
    // Reserved bits; in version 3.1.1 all but the QoS are.
    let reserved = match version {
        Version::V4 => 0b1111_1100,
        Version::V5 => 0b1100_0000,
    };
    if bits & reserved != 0 || bits >> 4 == 3 {
        return Err(refused(reason::MALFORMED, "a filter has wrong options"));
    }
    Ok(SubscriptionOptions {
        qos: Qos::read(bits & 3)?,
        no_local: bits & 4 != 0,
        retain_as_published: bits & 8 != 0,
        retain_handling: (bits >> 4) & 3,
    })
}
