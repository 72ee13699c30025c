//! Milliseconds inside, RFC 3339 outside.

use serde::{Deserialize, Deserializer, Serializer};

/// UTC. A time beyond the calendar is written as its number.
pub(crate) fn rfc3339(ms: u64) -> String {
    let ms_signed = i64::try_from(ms).ok();
    let timestamp = ms_signed.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    timestamp.map_or_else(|| ms.to_string(), |timestamp| format!("{timestamp:.3}"))
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) fn write<S: Serializer>(ms: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*ms))
}

#[allow(clippy::ref_option, reason = "serde calls it so")]
pub(crate) fn write_option<S: Serializer>(
    ms: &Option<u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match ms {
        Some(ms) => write(ms, serializer),
        None => serializer.serialize_none(),
    }
}

/// RFC 3339, or milliseconds since the Unix epoch.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    use serde::de::Error;
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Ms(u64),
        Text(String),
    }
    let expected = "expected a time as RFC 3339 or as milliseconds since 1970";
    match Either::deserialize(deserializer).map_err(|_| D::Error::custom(expected))? {
        Either::Ms(ms) => Ok(ms),
        Either::Text(text) => {
            let timestamp: jiff::Timestamp =
                text.parse().map_err(|_| D::Error::custom(expected))?;
            u64::try_from(timestamp.as_millisecond())
                .map_err(|_| D::Error::custom("the time lies before 1970"))
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_utc_to_the_millisecond() {
        assert_eq!(
            super::rfc3339(1_700_000_000_123),
            "2023-11-14T22:13:20.123Z"
        );
        assert_eq!(super::rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(super::rfc3339(u64::MAX), u64::MAX.to_string());
    }
}
