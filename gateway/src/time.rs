//! Milliseconds inside, RFC 3339 in UTC outside.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub(crate) struct At(u64);

/// A day on its way out: days since the Unix epoch become a date.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(crate) struct Day(u32);

/// A time on its way in: RFC 3339, or milliseconds as devices send them.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub(crate) struct Given(u64);

impl At {
    /// Milliseconds since the Unix epoch as a time on its way out.
    pub(crate) fn of(ms: u64) -> Self {
        Self(ms)
    }
}

/// What is beyond the year 9999 is a mistake of some clock, and shown as its end.
fn timestamp(ms: u64) -> Timestamp {
    let ms = i64::try_from(ms).ok();
    ms.and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
}

impl At {
    pub(crate) fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn ms(self) -> u64 {
        self.0
    }
}

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Always three digits, so that times sort as text.
        serializer.collect_str(&format_args!("{:.3}", timestamp(self.0)))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let midnight = timestamp(u64::from(self.0).saturating_mul(86_400_000));
        serializer.collect_str(&Offset::UTC.to_datetime(midnight).date())
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GivenVisitor)
    }
}

struct GivenVisitor;

impl Visitor<'_> for GivenVisitor {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time in RFC 3339 or in milliseconds since 1970")
    }

    fn visit_u64<E: de::Error>(self, ms: u64) -> Result<Given, E> {
        Ok(Given(ms))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Given, E> {
        let time = text.parse::<Timestamp>().ok();
        // A time before 1970 is none that a device can have meant.
        let ms = time.and_then(|time| u64::try_from(time.as_millisecond()).ok());
        ms.map(Given)
            .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: &impl Serialize) -> String {
        serde_json::to_string(value).expect("a plain value")
    }

    #[test]
    fn times_go_out_in_utc_to_the_millisecond() {
        assert_eq!(json(&At(0)), "\"1970-01-01T00:00:00.000Z\"");
        assert_eq!(json(&At(1_700_000_000_123)), "\"2023-11-14T22:13:20.123Z\"");
        assert!(json(&At(u64::MAX)).starts_with("\"9999-12-30T"));
        assert_eq!(json(&Day(20_289)), "\"2025-07-20\"");
    }

    #[test]
    fn times_come_in_as_text_or_as_number() {
        for (given, expected) in [
            ("\"2023-11-14T22:13:20.123Z\"", Some(1_700_000_000_123)),
            ("\"2023-11-14T23:13:20+01:00\"", Some(1_700_000_000_000)),
            ("1700000000123", Some(1_700_000_000_123)),
            ("\"1969-12-31T23:59:59Z\"", None),
            ("\"yesterday\"", None),
            ("-1", None),
            ("1.5", None),
            ("null", None),
        ] {
            let time = serde_json::from_str::<Given>(given).ok();
            assert_eq!(time.map(|time| time.0), expected, "{given}");
        }
    }
}
