//! A token bucket for each client, as the generic cell rate algorithm keeps it (ITU-T I.371, "virtual
//! scheduling"): of each only the time at which it will be full again. The states are `governor`'s.
//! Its check is not used, for it takes nothing of a bucket that holds too little, and what a client
//! has used elsewhere is to be taken off in any case.

use std::convert::Infallible;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock, Reference as _};
use governor::nanos::Nanos;
use governor::state::StateStore as _;
use governor::state::keyed::{DefaultKeyedStateStore, ShrinkableKeyedStateStore as _};

/// The most that a client may owe, however much it used elsewhere.
const DEBT_MAX: Duration = Duration::from_secs(60);

pub(super) struct Buckets<K: Hash + Eq + Clone> {
    full_at: DefaultKeyedStateStore<K>,
    /// The time in which a bucket gets room for one request.
    interval: Nanos,
    /// The time in which an empty bucket fills.
    filling: Nanos,
    clock: DefaultClock,
    start: <DefaultClock as governor::clock::Clock>::Instant,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    pub(super) fn new(rate: NonZeroU32, burst: NonZeroU32) -> Self {
        let interval = Nanos::from(Duration::from_secs(1) / rate.get());
        let clock = DefaultClock::default();
        Self {
            full_at: DefaultKeyedStateStore::default(),
            interval,
            filling: interval * u64::from(burst.get()),
            start: clock.now(),
            clock,
        }
    }

    pub(super) fn now(&self) -> Nanos {
        self.clock.now().duration_since(self.start)
    }

    /// Takes one request off.
    ///
    /// # Errors
    /// How long the client has to wait for it.
    pub(super) fn take(&self, client: &K, now: Nanos) -> Result<(), Duration> {
        self.full_at.measure_and_replace(client, |full_at| {
            let next = full_at.map_or(now, |full_at| full_at.max(now)) + self.interval;
            let early = next.saturating_sub(now + self.filling);
            if early > Nanos::default() {
                return Err(early.into());
            }
            Ok(((), next))
        })
    }

    /// Takes off what was used elsewhere, also where the bucket holds less: then it fills later.
    pub(super) fn charge(&self, client: &K, requests: u32, now: Nanos) {
        let last = now + self.filling + DEBT_MAX;
        let charged = self.full_at.measure_and_replace(client, |full_at| {
            let full_at = full_at.map_or(now, |full_at| full_at.max(now));
            let next = full_at + self.interval * u64::from(requests);
            Ok::<_, Infallible>(((), next.min(last)))
        });
        match charged {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// Forgets clients whose buckets are full.
    pub(super) fn forget_full(&self) {
        self.full_at.retain_recent(self.now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(rate: u32, burst: u32) -> Buckets<u8> {
        let n = |n| NonZeroU32::new(n).expect("not 0");
        Buckets::new(n(rate), n(burst))
    }

    fn at_ms(ms: u64) -> Nanos {
        Nanos::from(Duration::from_millis(ms))
    }

    fn taken(buckets: &Buckets<u8>, now: Nanos) -> usize {
        (0..1_000)
            .take_while(|_| buckets.take(&1, now).is_ok())
            .count()
    }

    #[test]
    fn a_client_gets_its_burst_and_then_its_rate() {
        let buckets = buckets(10, 5);
        assert_eq!(taken(&buckets, at_ms(0)), 5);
        assert_eq!(taken(&buckets, at_ms(100)), 1);
        let wait = buckets.take(&1, at_ms(150)).expect_err("it is too early");
        assert_eq!(wait, Duration::from_millis(50));
        assert_eq!(taken(&buckets, at_ms(1_200)), 5, "no more than the burst");
        assert!(buckets.take(&2, at_ms(1_200)).is_ok(), "another client's");
    }

    #[test]
    fn what_was_used_elsewhere_is_owed() {
        let buckets = buckets(10, 5);
        buckets.charge(&1, 3, at_ms(0));
        assert_eq!(taken(&buckets, at_ms(0)), 2);
        buckets.charge(&1, 4, at_ms(0));
        assert_eq!(taken(&buckets, at_ms(400)), 0);
        assert_eq!(taken(&buckets, at_ms(500)), 1);
        buckets.charge(&1, u32::MAX, at_ms(500));
        let after = DEBT_MAX + Duration::from_millis(600);
        assert_eq!(taken(&buckets, Nanos::from(after)), 1, "not for ever");
    }

    const RATE: u32 = 20;
    const BURST: u32 = 10;
    const GATEWAYS: u32 = 3;
    const WINDOW_MS: u64 = 20_000;
    /// How long a gateway may not know what another one let in.
    const LATE_MS: u64 = 200;

    /// What docs/cluster.md states.
    fn bound() -> u64 {
        let own = u64::from(BURST) + u64::from(RATE) * WINDOW_MS / 1_000;
        let late = u64::from(BURST) + u64::from(RATE) * LATE_MS / 1_000;
        own + u64::from(GATEWAYS - 1) * late
    }

    /// What a client gets that asks a random gateway each millisecond.
    fn let_in(seed: u64, is_shared: bool) -> u64 {
        let gateways: Vec<_> = (0..GATEWAYS).map(|_| buckets(RATE, BURST)).collect();
        let (mut random, mut sum) = (seed, 0);
        // When, to whom.
        let mut on_their_way: Vec<(u64, usize)> = Vec::new();
        for ms in 0..WINDOW_MS {
            on_their_way.retain(|(arrives, to)| {
                if *arrives == ms {
                    gateways[*to].charge(&1, 1, at_ms(ms));
                }
                *arrives > ms
            });
            // A linear congruential generator, by Knuth's constants.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let asked = usize::try_from((random >> 33) % gateways.len() as u64).expect("small");
            if gateways[asked].take(&1, at_ms(ms)).is_err() {
                continue;
            }
            sum += 1;
            for other in (0..gateways.len()).filter(|other| is_shared && *other != asked) {
                let late = 1 + (random >> 40) % LATE_MS;
                on_their_way.push((ms + late, other));
            }
        }
        sum
    }

    #[test]
    fn over_all_gateways_no_more_is_let_in_than_is_stated() {
        let single = u64::from(BURST) + u64::from(RATE) * WINDOW_MS / 1_000;
        for seed in 1..50 {
            let sum = let_in(seed, true);
            assert!((single - 5..=bound()).contains(&sum), "seed {seed}: {sum}");
        }
        // Gateways that do not tell each other are noticed by the same check.
        assert!(let_in(1, false) > 2 * bound());
    }
}
