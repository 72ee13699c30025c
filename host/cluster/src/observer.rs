//! Who is dead, as far as one silo can tell by its own clock: whoever's heartbeats it has seen stand
//! still for long enough, while its own were answered in time.

use std::collections::BTreeMap;

use pizza_store::{Heartbeats, View};
use pizza_types::SiloId;

use crate::settings::ClusterSettings;

/// What a silo has seen of the others. It does no I/O, and is told the time.
#[derive(Debug)]
pub struct Observer {
    settings: ClusterSettings,
    seen: BTreeMap<SiloId, Seen>,
    /// Since when its own heartbeats are answered in time.
    healthy_since_ms: Option<u64>,
    answered_ms: u64,
}

#[derive(Debug)]
struct Seen {
    count: u64,
    /// When the count was first seen to be this.
    since_ms: u64,
}

impl Observer {
    /// The observer of a silo that has joined at `now_ms`.
    #[must_use]
    pub fn new(settings: ClusterSettings, now_ms: u64) -> Self {
        Self {
            settings,
            seen: BTreeMap::new(),
            healthy_since_ms: Some(now_ms.saturating_sub(settings.dead_after_ms)),
            answered_ms: now_ms,
        }
    }

    /// A heartbeat of this silo's own was answered. True if its lease may be renewed by it.
    pub fn answered(&mut self, heartbeats: &Heartbeats, now_ms: u64) -> bool {
        let gap_ms = now_ms.saturating_sub(self.answered_ms);
        self.answered_ms = now_ms;
        if gap_ms > self.settings.healthy_gap_ms {
            self.healthy_since_ms = None;
        }
        // What stood still while this silo did not look may have done so for a moment only: it
        // begins anew with all of them.
        let begins_anew = self.healthy_since_ms.is_none();
        let since_ms = *self.healthy_since_ms.get_or_insert(now_ms);
        self.seen
            .retain(|silo, _| heartbeats.counts.contains_key(silo));
        for (silo, count) in &heartbeats.counts {
            let seen = self.seen.entry(silo.clone()).or_insert(Seen {
                count: *count,
                since_ms: now_ms,
            });
            if begins_anew || seen.count != *count {
                *seen = Seen {
                    count: *count,
                    since_ms: now_ms,
                };
            }
        }
        // Long enough for all others to have written back what a store that came back forgot.
        now_ms.saturating_sub(since_ms) >= self.settings.dead_after_ms
    }

    /// A heartbeat of this silo's own was not answered.
    pub fn failed(&mut self) {
        self.healthy_since_ms = None;
    }

    /// The members of the view that have stood still for too long.
    #[must_use]
    pub fn dead(&self, view: &View, me: &SiloId, now_ms: u64) -> Vec<SiloId> {
        if self.healthy_since_ms.is_none() {
            return Vec::new();
        }
        let stands_still = |silo: &&SiloId| {
            let seen = self.seen.get(*silo);
            seen.is_some_and(|seen| {
                now_ms.saturating_sub(seen.since_ms) >= self.settings.dead_after_ms
            })
        };
        let others = view.members.keys().filter(|silo| *silo != me);
        others.filter(stands_still).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use pizza_store::{Labels, Member, MemberState};

    use super::*;

    fn silo(name: &str) -> SiloId {
        SiloId(name.into())
    }

    fn view() -> View {
        let member = || Member {
            address: "127.0.0.1:1".into(),
            edges: None,
            state: MemberState::Live,
            labels: Labels::new(),
        };
        let names = ["a.1", "b.2"];
        View {
            version: 2,
            generation: 2,
            members: names.iter().map(|n| (silo(n), member())).collect(),
        }
    }

    fn heartbeats(of_b: u64) -> Heartbeats {
        let counts = [(silo("a.1"), 1), (silo("b.2"), of_b)];
        Heartbeats {
            view_version: 2,
            counts: counts.into(),
            store_ms: None,
        }
    }

    fn dead(observer: &Observer, now_ms: u64) -> usize {
        observer.dead(&view(), &silo("a.1"), now_ms).len()
    }

    #[test]
    fn who_stands_still_is_dead_after_its_time_and_not_before() {
        let mut observer = Observer::new(ClusterSettings::default(), 1_000);
        for now_ms in (1_000..1_900).step_by(150) {
            assert!(observer.answered(&heartbeats(7), now_ms));
            assert_eq!(dead(&observer, now_ms), 0, "at {now_ms}");
        }
        observer.answered(&heartbeats(7), 1_900);
        assert_eq!(dead(&observer, 1_899), 0);
        assert_eq!(observer.dead(&view(), &silo("a.1"), 1_900), [silo("b.2")]);
        observer.answered(&heartbeats(8), 2_050);
        assert_eq!(dead(&observer, 2_050), 0, "it was heard of again");
    }

    #[test]
    fn a_silo_that_did_not_look_takes_nobody_for_dead_and_has_no_lease() {
        for failed in [false, true] {
            let mut observer = Observer::new(ClusterSettings::default(), 1_000);
            assert!(observer.answered(&heartbeats(7), 1_150));
            if failed {
                observer.failed();
                assert_eq!(dead(&observer, 9_000), 0);
            }
            let again_ms = if failed { 1_300 } else { 5_000 };
            assert!(!observer.answered(&heartbeats(7), again_ms));
            assert_eq!(dead(&observer, again_ms), 0, "{failed}");
            let mut now_ms = again_ms;
            while now_ms < again_ms + 899 {
                assert_eq!(dead(&observer, now_ms), 0, "{now_ms}");
                assert!(!observer.answered(&heartbeats(7), now_ms), "{now_ms}");
                now_ms += 150;
            }
            assert!(observer.answered(&heartbeats(7), again_ms + 900));
            assert_eq!(dead(&observer, again_ms + 900), 1);
        }
    }
}
