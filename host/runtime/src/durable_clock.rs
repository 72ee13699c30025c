//! The durable clock: what a delay is counted on that outlives the process. It began as the
//! date of the store's first start, runs with the clock that never goes back, and at a start
//! goes on from where it stood. So it is near the date until somebody sets the date, and
//! nobody can set it back: what is due by it waits for no date.

use bytes::Bytes;
use pizza_store::{FactStore, StoreError};

use crate::date::SLEW_MS;
use pizza_clock::{Clock, Moment};

/// The fact that holds the last [`Note`].
const NAME: &str = "durable-clock";
/// The number of the note's layout, its first byte.
const FORMAT: u8 = 1;
/// The length of a note: the format, three times of 8 bytes, and the boot id.
const NOTE_BYTES: usize = 1 + 8 + 8 + 8 + 16;

/// Cheap to copy: one number, which stays for as long as the process runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DurableClock {
    /// How far it is ahead of [`Clock::now_ms`], in milliseconds; negative after a date long
    /// past.
    ahead_ms: i128,
}

/// All clocks at one moment, kept for the next start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Note {
    durable_ms: u64,
    at: Moment,
    /// Which run of the machine `at.now_ms` was read in; 0 when that is not known.
    boot: u128,
}

impl DurableClock {
    /// Goes on from where it stood, by the time that has passed since as far as that can be
    /// known: none, if the machine was off and has an earlier date now.
    ///
    /// # Errors
    /// When the store cannot be read or written, or says what this program cannot read.
    pub(crate) async fn resume(
        store: &dyn FactStore,
        clock: &dyn Clock,
    ) -> Result<Self, StoreError> {
        let (at, boot) = (Moment::exact(clock), clock.boot().unwrap_or(0));
        // Once for each start: while the process runs, only the clock that never goes back
        // counts.
        let durable_ms = match store.fact(NAME).await? {
            // What an earlier version of the program has stored are dates.
            None => at.wall_ms,
            Some(bytes) => Note::decode(&bytes)?.go_on(at, boot),
        };
        let durable = Self {
            ahead_ms: i128::from(durable_ms) - i128::from(at.now_ms),
        };
        // A process that lives shorter than it takes to the next note does not stand still.
        durable.note(store, clock).await?;
        Ok(durable)
    }

    /// The clock of a silo that shares its store with others: it goes by the date, as theirs do, and is
    /// read once, so that nobody sets it while the silo runs. Where this silo's date is wrong, it goes by the right one.
    pub(crate) fn by_date(clock: &dyn Clock, wrong_ms: i64) -> Self {
        let at = Moment::exact(clock);
        let right_ms = i128::from(at.wall_ms) - i128::from(wrong_ms);
        Self {
            ahead_ms: right_ms - i128::from(at.now_ms),
        }
    }

    /// Keeps what time it is, for the next start. Durable when it returns.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub(crate) async fn note(
        self,
        store: &dyn FactStore,
        clock: &dyn Clock,
    ) -> Result<(), StoreError> {
        let at = Moment::exact(clock);
        let note = Note {
            durable_ms: self.at(at.now_ms),
            at,
            boot: clock.boot().unwrap_or(0),
        };
        store.set_fact(NAME, note.encode()).await
    }

    /// What it shows at `now_ms` of the clock that never goes back.
    pub(crate) fn at(self, now_ms: u64) -> u64 {
        millis(i128::from(now_ms) + self.ahead_ms)
    }

    /// When it shows `durable_ms`, on the clock that never goes back.
    pub(crate) fn now_of(self, durable_ms: u64) -> u64 {
        millis(i128::from(durable_ms) - self.ahead_ms)
    }

    /// What `durable_ms` is by the date as it was at a moment.
    pub(crate) fn date_of(self, durable_ms: u64, at: Moment) -> u64 {
        let until_then = i128::from(durable_ms) - i128::from(self.at(at.now_ms));
        millis(i128::from(at.wall_ms) + until_then)
    }
}

impl Note {
    /// What the durable clock shows at a start.
    fn go_on(self, at: Moment, boot: u128) -> u64 {
        let back_ms = self.at.wall_ms.saturating_sub(at.wall_ms);
        let by_date = at.wall_ms.saturating_sub(self.at.wall_ms);
        // In one run of the machine its own clock knows better than a date that was set back.
        let is_one_run = boot != 0 && boot == self.boot;
        let by_machine = if is_one_run {
            at.now_ms.saturating_sub(self.at.now_ms)
        } else {
            0
        };
        if back_ms > SLEW_MS {
            tracing::warn!(
                back_ms,
                counted_ms = by_machine,
                "the date is earlier than when this silo ran last; delays go on without it"
            );
        }
        // The larger one: either may have missed time, and a delay must not be waited for twice.
        self.durable_ms.saturating_add(by_date.max(by_machine))
    }

    fn encode(self) -> Bytes {
        let mut bytes = Vec::with_capacity(NOTE_BYTES);
        bytes.push(FORMAT);
        for time_ms in [self.durable_ms, self.at.wall_ms, self.at.now_ms] {
            bytes.extend(time_ms.to_le_bytes());
        }
        bytes.extend(self.boot.to_le_bytes());
        bytes.into()
    }

    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let parsed = || {
            let (format, rest) = bytes.split_first()?;
            let (times, boot) = rest.split_first_chunk::<24>()?;
            let time = |at: usize| Some(u64::from_le_bytes(times[at..].first_chunk().copied()?));
            let note = Self {
                durable_ms: time(0)?,
                at: Moment {
                    wall_ms: time(8)?,
                    now_ms: time(16)?,
                },
                boot: u128::from_le_bytes(boot.try_into().ok()?),
            };
            (*format == FORMAT).then_some(note)
        };
        parsed().ok_or_else(|| StoreError::Corrupt {
            detail: format!("{NAME:?} is no note of format {FORMAT}: {bytes:02x?}"),
        })
    }
}

fn millis(ms: i128) -> u64 {
    u64::try_from(ms.max(0)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{DurableClock, Moment, Note};

    const HOUR_MS: u64 = 3_600_000;
    const DATE_MS: u64 = 1_800_000_000_000;

    fn note() -> Note {
        Note {
            durable_ms: DATE_MS + 7,
            at: Moment {
                now_ms: 10 * HOUR_MS,
                wall_ms: DATE_MS,
            },
            boot: 1,
        }
    }

    /// What it goes on by, when the date and the machine's clock have moved by this much.
    fn gone_on(date_ms: i64, machine_ms: u64, boot: u128) -> u64 {
        let at = Moment {
            now_ms: match boot {
                1 => 10 * HOUR_MS + machine_ms,
                _ => machine_ms,
            },
            wall_ms: DATE_MS.saturating_add_signed(date_ms),
        };
        note().go_on(at, boot) - note().durable_ms
    }

    #[test]
    fn it_goes_on_by_the_date_and_never_back() {
        for (date_ms, machine_ms, boot, expected) in [
            (5_000, 5_000, 1, 5_000),
            (5_000, 900, 2, 5_000),
            // Set forward: what has been waited for since is due by its date.
            (3_600_000, 5_000, 1, HOUR_MS),
            // Set back.
            (-3_600_000, 5_000, 1, 5_000),
            (-3_600_000, 900, 2, 0),
            // Set back by less than the process was away.
            (1_000, 5_000, 1, 5_000),
            (1_000, 900, 2, 1_000),
            // Where nobody knows whether the machine has started again.
            (-1, 900, 0, 0),
        ] {
            let found = gone_on(date_ms, machine_ms, boot);
            assert_eq!(found, expected, "{date_ms} {machine_ms} {boot}");
        }
    }

    #[test]
    fn what_is_noted_is_read() {
        let bytes = note().encode();
        assert_eq!(Note::decode(&bytes), Ok(note()));
        let mut newer = bytes.to_vec();
        newer[0] += 1;
        for wrong in [&newer[..], &bytes[1..], &bytes[..40], &[]] {
            let error = Note::decode(wrong).expect_err("refused").to_string();
            assert!(error.contains("durable-clock"), "{error}");
        }
    }

    #[test]
    fn its_times_have_a_place_on_each_of_the_others() {
        let durable = DurableClock { ahead_ms: 1_000 };
        assert_eq!((durable.at(5), durable.now_of(1_005)), (1_005, 5));
        assert_eq!((durable.now_of(0), durable.at(u64::MAX)), (0, u64::MAX));
        let at = Moment {
            now_ms: 5,
            wall_ms: 900_000,
        };
        assert_eq!(durable.date_of(1_065, at), 900_060);
        assert_eq!(durable.date_of(1_000, at), 899_995);
    }
}
