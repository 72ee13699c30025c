//! How busy silos are, as they say, and which of them gets the next actor.
//!
//! Of two silos chosen by chance the one that has less to do: "the power of two choices" (Mitzenmacher, 2001).
//! What is known is up to a second old, and with old information whoever always takes the least busy one of all
//! sends everything there until the next report; two choices do not (Mitzenmacher, "How Useful Is Old
//! Information?", 2000). What was sent to a silo since it last reported counts as well.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use pizza_store::View;
use pizza_types::SiloId;

use crate::network::Load;

/// CPU shares that differ by no more than this, in thousandths, are the same.
const NOISE_PERMILLE: u16 = 100;
/// A report that is older says nothing any more, in milliseconds: it is renewed every second.
const FRESH_MS: u64 = 5_000;

/// The newest report of each silo.
#[derive(Debug, Default)]
pub struct Loads(Mutex<BTreeMap<SiloId, Report>>);

#[derive(Debug, Clone, Copy)]
struct Report {
    load: Load,
    heard_ms: u64,
    /// How many actors were sent there since.
    sent: usize,
}

impl Loads {
    /// A silo has said how much it has.
    pub fn heard(&self, silo: &SiloId, load: Load, now_ms: u64) {
        let report = Report {
            load,
            heard_ms: now_ms,
            sent: 0,
        };
        self.0.lock().insert(silo.clone(), report);
    }

    /// Who is not in the view any more has nothing any more.
    pub fn forget_others(&self, view: &View) {
        let mut reports = self.0.lock();
        reports.retain(|silo, _| view.members.contains_key(silo));
    }

    /// Which of these silos gets an actor, which is counted; `None` where there are none. `random` are 64
    /// bits of chance.
    pub fn lighter_of_two<'a>(
        &self,
        silos: &[&'a SiloId],
        now_ms: u64,
        random: u64,
    ) -> Option<&'a SiloId> {
        let (first, second) = two_of(silos, random)?;
        let mut reports = self.0.lock();
        let fresh = |silo: &SiloId| {
            let report = reports.get(silo).copied();
            report.filter(|report| now_ms.saturating_sub(report.heard_ms) <= FRESH_MS)
        };
        let silo = match (fresh(first), fresh(second)) {
            (Some(one), Some(other)) if other.is_lighter_than(&one) => second,
            // Of whom nothing is heard may be about to die.
            (None, Some(_)) => second,
            _ => first,
        };
        if let Some(report) = reports.get_mut(silo) {
            report.sent += 1;
        }
        Some(silo)
    }
}

impl Report {
    fn is_lighter_than(&self, other: &Self) -> bool {
        // A silo of an older version tells nothing of its CPU.
        if let (Some(ours), Some(theirs)) = (self.load.cpu_permille, other.load.cpu_permille)
            && ours.abs_diff(theirs) > NOISE_PERMILLE
        {
            return ours < theirs;
        }
        self.load.in_memory + self.sent < other.load.in_memory + other.sent
    }
}

/// Two of them by chance, different ones where there are two.
fn two_of<'a>(silos: &[&'a SiloId], random: u64) -> Option<(&'a SiloId, &'a SiloId)> {
    let count = u64::try_from(silos.len()).ok().filter(|count| *count > 0)?;
    let at = |place: u64| silos[usize::try_from(place % count).unwrap_or(0)];
    let (low, high) = (random & 0xffff_ffff, random >> 32);
    Some((at(low), at(low + 1 + high % (count - 1).max(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTORS: u64 = 1_000;

    fn load(in_memory: usize, cpu_permille: Option<u16>) -> Load {
        Load {
            in_memory,
            cpu_permille,
            ..Load::default()
        }
    }

    /// How many of a thousand actors each gets before any reports again.
    fn sent<const N: usize>(of: [Option<Load>; N]) -> [usize; N] {
        let silos: Vec<SiloId> = (0..N).map(|n| SiloId(format!("s.{n}").into())).collect();
        let loads = Loads::default();
        for (silo, load) in silos.iter().zip(of) {
            if let Some(load) = load {
                loads.heard(silo, load, 1_000);
            }
        }
        let silos: Vec<&SiloId> = silos.iter().collect();
        let mut sent = [0; N];
        for number in 0..ACTORS {
            // SplitMix64's increments are as even as chance gets.
            let random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let silo = loads.lighter_of_two(&silos, 2_000, random).expect("one");
            sent[silos
                .iter()
                .position(|one| *one == silo)
                .expect("one of them")] += 1;
        }
        sent
    }

    #[test]
    fn a_busy_silo_gets_a_tenth_at_most() {
        let (busy, idle) = (Some(load(0, Some(900))), Some(load(500, Some(50))));
        assert_eq!(sent([busy, idle]), [0, 1_000]);
        let [of_busy, one, other] = sent([busy, idle, idle]);
        assert!(of_busy <= 100, "{of_busy}");
        assert!(one.abs_diff(other) < 200, "{one} and {other}");
    }

    #[test]
    fn among_silos_that_are_about_as_busy_actors_decide_also_those_sent_since() {
        let [few, many] = sent([Some(load(0, Some(90))), Some(load(400, Some(10)))]);
        assert_eq!((few, many), (700, 300));
        let [old, new] = sent([Some(load(0, None)), Some(load(0, Some(900)))]);
        assert!(old.abs_diff(new) <= 1, "{old} and {new}");
    }

    #[test]
    fn of_whom_nothing_is_heard_gets_little_and_alone_it_gets_all() {
        assert_eq!(sent([None, Some(load(9, Some(900)))]), [0, 1_000]);
        assert_eq!(sent([None]), [1_000]);
        assert_eq!(Loads::default().lighter_of_two(&[], 0, 7), None);
    }
}
