//! What a seed makes happen, and when.

use pizza_runtime::Placement;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::account::ACCOUNTS;
use crate::clock::SimClock;

/// The names of the hosts.
pub const SILOS: [&str; 4] = ["one", "two", "three", "four"];
/// What the first two of them have.
pub const LABEL: &str = "vault";
pub const LABELLED: usize = 2;
/// When faults begin and when all of them are mended, in milliseconds.
pub const FAULTS_BEGIN_MS: u64 = 2_000;
pub const FAULTS_END_MS: u64 = 12_000;
/// From here on every call must be answered: the time that a death takes, and as much again.
pub const HEALED_MS: u64 = FAULTS_END_MS + 3_000;
/// When nobody asks anything any more.
pub const END_MS: u64 = HEALED_MS + 3_000;

/// In one of so many seeds the store goes back, by less than this.
const ROLLBACKS_ONE_OF: u32 = 6;
const ROLLBACK_MS_MAX: u64 = 2_000;

/// Something that goes wrong, at its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Crash(usize),
    Restart(usize),
    /// Neither of the two hears the other.
    Partition(usize, usize),
    /// The second one does not hear the first.
    PartitionOneWay(usize, usize),
    Mend(usize, usize),
    /// What the two say arrives later, all at once.
    Hold(usize, usize),
    Release(usize, usize),
    /// A silo does not reach the store, nor the store it.
    NoStore(usize),
    StoreAgain(usize),
    /// What the shard of an account will go back to, and that it does.
    Remember(usize),
    GoBack,
}

/// How often the store and the network fail by themselves, in thousandths of all requests.
#[derive(Debug, Clone, Copy)]
pub struct Odds {
    /// A commit does not reach the store.
    pub commit_lost: u32,
    /// A commit's answer is lost.
    pub answer_lost: u32,
    /// A request to another silo, or its answer, is lost.
    pub request_lost: u32,
    /// A request to another silo arrives twice.
    pub request_twice: u32,
    /// The longest that the store takes, in milliseconds.
    pub store_ms_max: u64,
    /// How long a packet takes, and the longest that a request waits before it leaves.
    pub packet_ms: u64,
    pub request_ms_max: u64,
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub silos: usize,
    pub clocks: Vec<SimClock>,
    pub odds: Odds,
    /// Where accounts are opened.
    pub placement: Placement,
    /// By silo, how busy it says that it is.
    pub cpu_permille: Vec<u16>,
    /// In the order of their times, in milliseconds.
    pub faults: Vec<(u64, Fault)>,
}

impl Plan {
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let silos = rng.random_range(2..=SILOS.len());
        let clock = |rng: &mut StdRng| SimClock {
            zero_ms: rng.random_range(1_000..1_000_000),
            drift_ppm: rng.random_range(-10_000..=10_000),
            off_ms: rng.random_range(-100..=100),
        };
        let clocks = (0..silos).map(|_| clock(&mut rng)).collect();
        let odds = Odds {
            commit_lost: rng.random_range(0..20),
            answer_lost: rng.random_range(0..20),
            request_lost: rng.random_range(0..20),
            request_twice: rng.random_range(0..40),
            store_ms_max: rng.random_range(1..15),
            packet_ms: rng.random_range(1..5),
            request_ms_max: rng.random_range(0..8),
        };
        let mut faults = Vec::new();
        for _ in 0..rng.random_range(1..=6) {
            fault(&mut rng, silos, &mut faults);
        }
        rollback(seed, &mut faults);
        faults.sort_by_key(|(at_ms, _)| *at_ms);
        let placement = placement(&mut rng);
        let cpu_permille = (0..silos).map(|_| rng.random_range(0..1_000)).collect();
        Self {
            seed,
            silos,
            clocks,
            odds,
            placement,
            cpu_permille,
            faults,
        }
    }

    /// Whether it has a fault of this kind.
    pub fn has(&self, is_it: impl Fn(&Fault) -> bool) -> bool {
        self.faults.iter().any(|(_, fault)| is_it(fault))
    }
}

/// In some seeds the store goes back by a moment. It has a chance of its own: what else a seed makes happen
/// does not depend on it.
fn rollback(seed: u64, faults: &mut Vec<(u64, Fault)>) {
    let mut rng = StdRng::seed_from_u64(!seed);
    if rng.random_range(0..ROLLBACKS_ONE_OF) > 0 {
        return;
    }
    let to_ms = rng.random_range(FAULTS_BEGIN_MS..FAULTS_END_MS - ROLLBACK_MS_MAX);
    let at_ms = to_ms + rng.random_range(100..ROLLBACK_MS_MAX);
    let account = rng.random_range(0..ACCOUNTS);
    faults.extend([(to_ms, Fault::Remember(account)), (at_ms, Fault::GoBack)]);
}

/// Stateful ones, for an account is one.
fn placement(rng: &mut StdRng) -> Placement {
    let fixed = |otherwise: Option<Placement>| Placement::Fixed {
        label: LABEL.into(),
        otherwise: otherwise.map(Box::new),
    };
    match rng.random_range(0..8) {
        0..2 => Placement::Hash,
        2..4 => Placement::PreferLocal,
        4 => fixed(None),
        5 => fixed(Some(Placement::Hash)),
        _ => Placement::LeastLoaded,
    }
}

/// Adds a fault, and its end.
fn fault(rng: &mut StdRng, silos: usize, faults: &mut Vec<(u64, Fault)>) {
    let begin_ms = rng.random_range(FAULTS_BEGIN_MS..FAULTS_END_MS - 500);
    let end_ms = rng
        .random_range(begin_ms + 200..FAULTS_END_MS)
        .min(begin_ms + 4_000);
    let one = rng.random_range(0..silos);
    let other = (one + rng.random_range(1..silos)) % silos;
    let (begin, end) = match rng.random_range(0..10) {
        0..3 => (Fault::Crash(one), Fault::Restart(one)),
        3..5 => (Fault::Partition(one, other), Fault::Mend(one, other)),
        5..7 => (Fault::PartitionOneWay(one, other), Fault::Mend(one, other)),
        7 => (Fault::Hold(one, other), Fault::Release(one, other)),
        _ => (Fault::NoStore(one), Fault::StoreAgain(one)),
    };
    faults.extend([(begin_ms, begin), (end_ms, end)]);
}
