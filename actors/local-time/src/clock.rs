//! What an actor keeps of its time zone.

use serde::{Deserialize, Serialize};

use crate::zone::{Day, Stretch, Zone};

const HOUR_MS: i64 = 3_600_000;

/// A zone's name with what its rules say about the time that was asked for last. Part of an
/// actor's state: the database is read when a day ends and where the clock changes, a few
/// times a day, and every other turn only subtracts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallClock {
    #[serde(rename = "z")]
    zone: String,
    #[serde(rename = "d")]
    day: Day,
    #[serde(rename = "s")]
    stretch: Stretch,
}

impl Default for WallClock {
    fn default() -> Self {
        Self::of(&Zone::utc())
    }
}

impl WallClock {
    #[must_use]
    pub fn of(zone: &Zone) -> Self {
        Self {
            zone: zone.name().to_owned(),
            day: Day::default(),
            stretch: Stretch::default(),
        }
    }

    /// The zone's name.
    #[must_use]
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// The day that the moment belongs to, in milliseconds since the Unix epoch.
    pub fn day(&mut self, at_ms: u64) -> Day {
        if !(self.day.from_ms..self.day.until_ms).contains(&at_ms) {
            self.day = self.rules().day(at_ms);
        }
        self.day
    }

    /// When the hour began that the moment belongs to. An hour that the clock is set back into
    /// is another one than that before; one that a change cuts short begins or ends with it.
    pub fn hour_begin(&mut self, at_ms: u64) -> u64 {
        let known = &self.stretch;
        if !(known.from_ms..known.until_ms).contains(&at_ms) {
            self.stretch = self.rules().stretch(at_ms);
        }
        // Times here are far below 2^62.
        let at = i64::try_from(at_ms).unwrap_or(i64::MAX / 2);
        let into = at
            .saturating_add(self.stretch.offset_ms)
            .rem_euclid(HOUR_MS);
        let begin = u64::try_from(at - into).unwrap_or_default();
        begin.max(self.stretch.from_ms)
    }

    /// A name that this edition of the database has lost stands for UTC; so far none has been.
    fn rules(&self) -> Zone {
        Zone::named(&self.zone).unwrap_or_else(|_| Zone::utc())
    }
}
