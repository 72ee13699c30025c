//! What goes wrong, one thing after the other, in an order by chance.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};

use super::town::{Line, NAMES, Town};

/// How long it may last, in milliseconds: less than a silo takes to be taken for dead, and more.
const LASTS_MS: std::ops::Range<u64> = 300..2_500;
/// How long a silo is given to find out that it is dead, before it is looked whether it has ended.
const SETTLE: Duration = Duration::from_millis(300);
/// How much longer a line is held over which nothing wanted to go so far.
const UNTIL_HELD: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Kill,
    Pause,
    Cut,
    ToRedis,
    FromRedis,
    ToSilo,
    FromSilo,
}

pub(super) const ALL: [Fault; 7] = [
    Fault::Kill,
    Fault::Pause,
    Fault::Cut,
    Fault::ToRedis,
    Fault::FromRedis,
    Fault::ToSilo,
    Fault::FromSilo,
];

/// Where faults come from.
pub(super) struct Faults {
    rng: StdRng,
    kinds: Vec<Fault>,
    left: Vec<Fault>,
    /// Those that were seen to be there.
    pub(super) seen: BTreeMap<Fault, u64>,
}

impl Faults {
    pub(super) fn of(kinds: &[Fault], seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            kinds: kinds.to_vec(),
            left: Vec::new(),
            seen: BTreeMap::new(),
        }
    }

    /// One after the other, with this rest between them, until then; and while one kind was not seen yet,
    /// until `latest`. All silos are there at the end.
    pub(super) fn run(&mut self, town: &mut Town, rest: Duration, until: Instant, latest: Instant) {
        loop {
            let end = if self.seen.len() < self.kinds.len() {
                latest
            } else {
                until
            };
            let left = end.saturating_duration_since(Instant::now());
            std::thread::sleep(rest.min(left));
            if left <= rest {
                return;
            }
            let fault = self.next();
            let silo = self.rng.random_range(0..NAMES.len());
            let lasts = Duration::from_millis(self.rng.random_range(LASTS_MS));
            if cause(town, fault, silo, lasts) {
                *self.seen.entry(fault).or_default() += 1;
            } else {
                self.left.push(fault);
            }
            std::thread::sleep(SETTLE);
            town.start_missing();
        }
    }

    /// Each kind once, before any comes again; one that did not show comes next.
    fn next(&mut self) -> Fault {
        if self.left.is_empty() {
            self.left.clone_from(&self.kinds);
            self.left.shuffle(&mut self.rng);
        }
        self.left.pop().expect("just filled")
    }
}

/// Whether it was there is looked at where it shows.
fn cause(town: &mut Town, fault: Fault, silo: usize, lasts: Duration) -> bool {
    let wait = || std::thread::sleep(lasts);
    let held = town.held();
    let line = match fault {
        Fault::Kill => {
            town.kill(silo);
            wait();
            return true;
        }
        Fault::Pause => {
            town.signal(silo, "-STOP");
            wait();
            let was_stopped = town.is_stopped(silo);
            town.signal(silo, "-CONT");
            return was_stopped;
        }
        Fault::Cut => {
            return (0..3).map(|_| town.cut(silo)).sum::<usize>() > 0;
        }
        Fault::ToRedis => Line::ToRedis,
        Fault::FromRedis => Line::FromRedis,
        Fault::ToSilo => Line::ToSilo,
        Fault::FromSilo => Line::FromSilo,
    };
    town.hold(silo, line);
    wait();
    let until = Instant::now() + UNTIL_HELD;
    while town.held() == held && Instant::now() < until {
        std::thread::park_timeout(Duration::from_millis(20));
    }
    town.mend();
    town.held() > held
}
