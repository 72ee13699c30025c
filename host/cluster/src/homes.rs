//! Which silo a shard belongs to: rendezvous hashing, so that all who have the same view agree, and
//! that a silo which comes or goes moves no shards but its own (Thaler and Ravishankar, "A
//! name-based mapping scheme for rendezvous", 1996).

use pizza_store::{MemberState, View};
use pizza_types::{SHARDS, ShardId, ShardSet, SiloId};

/// The home of each shard in a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Homes {
    silos: Vec<SiloId>,
    /// By shard, the place of its home in `silos`; nothing where there is no silo.
    of_shard: Vec<u16>,
}

impl Homes {
    /// All shards have the same home.
    #[must_use]
    pub fn all(silo: &SiloId) -> Self {
        Self {
            silos: vec![silo.clone()],
            of_shard: vec![0; usize::from(SHARDS)],
        }
    }

    /// The homes among the silos that take actors; among all of them where none does.
    #[must_use]
    pub fn of(view: &View) -> Self {
        let takes = view.members.iter();
        let takes = takes.filter(|(_, member)| member.state == MemberState::Live);
        let mut silos: Vec<SiloId> = takes.map(|(silo, _)| silo.clone()).collect();
        if silos.is_empty() {
            silos = view.members.keys().cloned().collect();
        }
        let seeds: Vec<u64> = silos.iter().map(seed).collect();
        let home = |shard| {
            let weights = seeds.iter().map(|seed| weight(*seed, shard));
            let heaviest = weights.zip(0_u16..).max();
            heaviest.map(|(_, at)| at)
        };
        let of_shard = (0..SHARDS).map(ShardId).filter_map(home).collect();
        Self { silos, of_shard }
    }

    /// The silos that take actors; all of them where none does.
    #[must_use]
    pub fn silos(&self) -> &[SiloId] {
        &self.silos
    }

    /// The home of a shard; `None` where there is no silo.
    #[must_use]
    pub fn home(&self, shard: ShardId) -> Option<&SiloId> {
        let at = self.of_shard.get(usize::from(shard.0))?;
        self.silos.get(usize::from(*at))
    }

    /// The shards whose home this silo is.
    #[must_use]
    pub fn shards_of(&self, silo: &SiloId) -> ShardSet {
        let shards = (0..SHARDS).map(ShardId);
        shards.filter(|s| self.home(*s) == Some(silo)).collect()
    }
}

/// Which of these silos a shard belongs to, if it were among them alone.
pub(crate) fn home_among<'a>(
    shard: ShardId,
    silos: impl Iterator<Item = &'a SiloId>,
) -> Option<&'a SiloId> {
    silos.max_by_key(|silo| weight(seed(silo), shard))
}

fn weight(seed: u64, shard: ShardId) -> u64 {
    mix(seed ^ mix(u64::from(shard.0)))
}

/// FNV-1a (Fowler, Noll, Vo), of which silos of all versions get the same.
fn seed(silo: &SiloId) -> u64 {
    silo.0.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The finalizer of `SplitMix64` (Steele, Lea, Flood, 2014): each bit of the result depends on all
/// bits of what is mixed.
fn mix(seed: u64) -> u64 {
    let seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ (seed >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pizza_store::{Labels, Member};

    use super::*;

    fn view(names: &[&str]) -> View {
        let member = |name: &&str| {
            let state = MemberState::Live;
            let (address, edges) = ("127.0.0.1:1".into(), None);
            let member = Member {
                address,
                edges,
                state,
                labels: Labels::new(),
            };
            (SiloId((*name).into()), member)
        };
        View {
            version: 1,
            generation: 9,
            members: names.iter().map(member).collect::<BTreeMap<_, _>>(),
        }
    }

    #[test]
    fn shards_are_spread_evenly() {
        let names: Vec<String> = (1..=100).map(|n| format!("silo-{n}.{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let homes = Homes::of(&view(&names[..3]));
        for name in &names[..3] {
            let count = homes.shards_of(&SiloId((*name).into())).len();
            assert!((290..=395).contains(&count), "{name} has {count}");
        }
        let homes = Homes::of(&view(&names));
        let counts = names
            .iter()
            .map(|n| homes.shards_of(&SiloId((*n).into())).len());
        let counts: Vec<usize> = counts.collect();
        assert_eq!(counts.iter().sum::<usize>(), usize::from(SHARDS));
        assert!(
            counts.iter().all(|count| (1..=25).contains(count)),
            "{counts:?}"
        );
    }

    #[test]
    fn who_leaves_moves_no_shards_but_its_own() {
        let (before, after) = (view(&["a.1", "b.2", "c.3"]), view(&["a.1", "c.3"]));
        let (before, after) = (Homes::of(&before), Homes::of(&after));
        for shard in (0..SHARDS).map(ShardId) {
            let home = before.home(shard).expect("a home");
            if *home != SiloId("b.2".into()) {
                assert_eq!(after.home(shard), Some(home));
            }
        }
    }

    #[test]
    fn who_is_leaving_is_no_home_unless_all_are() {
        let mut view = view(&["a.1", "b.2"]);
        let leave = |view: &mut View, name: &str| {
            let member = view.members.get_mut(&SiloId(name.into()));
            member.expect("a member").state = MemberState::Leaving;
        };
        leave(&mut view, "a.1");
        let homes = Homes::of(&view);
        assert_eq!(homes.shards_of(&SiloId("b.2".into())).len(), 1_024);
        leave(&mut view, "b.2");
        assert!(!Homes::of(&view).shards_of(&SiloId("a.1".into())).is_empty());
    }

    #[test]
    fn without_a_silo_there_is_no_home() {
        assert_eq!(Homes::of(&View::default()).home(ShardId(0)), None);
    }
}
