//! How modules did lately: turns, failures and latencies of the last minute, and of the time since
//! the canary of their type began.
//!
//! Turns only count, as they did before. Once a second somebody reads their counters and remembers
//! them for a while: what happened within a time is the difference of two readings.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use pizza_runtime::{Catalog, Clock, Counts, Deployment};
use pizza_types::ModuleDigest;

/// How often counters are read.
const EVERY: Duration = Duration::from_secs(1);
/// How far the latencies reach back, in milliseconds.
pub(crate) const WINDOW_MS: u64 = 60_000;
/// How far turns and failures reach back, in milliseconds.
const RECENTLY_MS: u64 = 300_000;

/// The readings of all modules that serve.
pub(crate) struct Rates {
    catalog: Arc<Catalog>,
    clock: Arc<dyn Clock>,
    /// By actor type; what does not serve any more is forgotten at the next reading.
    read: Mutex<HashMap<Arc<str>, Vec<Past>>>,
}

/// What a module that serves did.
pub(crate) struct Rate {
    pub(crate) actor_type: Arc<str>,
    pub(crate) digest: ModuleDigest,
    pub(crate) is_canary: bool,
    /// The share of the keys that it serves.
    pub(crate) percent: f64,
    pub(crate) window: Span,
    /// Without latencies.
    pub(crate) recently: Span,
    /// Where its type has a canary with a share: since that began.
    pub(crate) since_canary: Option<Span>,
}

/// What was counted within a time.
#[derive(Default)]
pub(crate) struct Span {
    /// How long it was, in milliseconds: a module that serves for less than a window has no more.
    pub(crate) over_ms: u64,
    pub(crate) counts: Counts,
}

/// What one deployment had counted, at some moments.
struct Past {
    /// Another one with the same module counts anew.
    deployment: Weak<Deployment>,
    by_second: VecDeque<(u64, Counts)>,
    /// Turns and failures alone, since they reach back further.
    totals: VecDeque<(u64, (u64, u64))>,
    canary: Option<Begun>,
}

/// What a deployment had counted when the canary of its type began.
struct Begun {
    digest: ModuleDigest,
    at_ms: u64,
    counts: Counts,
}

impl Rates {
    pub(crate) fn new(catalog: Arc<Catalog>, clock: Arc<dyn Clock>) -> Self {
        let read = Mutex::default();
        Self {
            catalog,
            clock,
            read,
        }
    }

    /// Reads the counters again and again, until the future is dropped.
    pub(crate) async fn keep_reading(self: Arc<Self>) {
        loop {
            self.look();
            tokio::time::sleep(EVERY).await;
        }
    }

    fn look(&self) {
        let now_ms = self.clock.now_ms();
        let mut read = self.read.lock();
        let types = self.catalog.names();
        read.retain(|known, _| types.iter().any(|name| **name == **known));
        for name in types {
            let Some(serving) = self.catalog.serving(&name) else {
                continue;
            };
            let pasts = read.entry(name.into()).or_default();
            let is_there = |past: &Past| serving.deployments().any(|it| past.is_of(it));
            pasts.retain(is_there);
            let canary = serving.canary.as_ref().filter(|it| it.percent > 0.0);
            let canary = canary.map(|it| it.deployment.guest.digest());
            for deployment in serving.deployments() {
                let index = pasts.iter().position(|past| past.is_of(deployment));
                let index = index.unwrap_or_else(|| {
                    pasts.push(Past::begin(deployment, now_ms));
                    pasts.len() - 1
                });
                if let Some(past) = pasts.get_mut(index) {
                    past.note(now_ms, deployment.stats.counts(), canary);
                }
            }
        }
    }

    /// What each module that serves did up to now, in the alphabet of the types, those that are
    /// canaries after the others.
    pub(crate) fn all(&self) -> Vec<Rate> {
        let now_ms = self.clock.now_ms();
        let read = self.read.lock();
        let mut rates = Vec::new();
        for name in self.catalog.names() {
            let Some(serving) = self.catalog.serving(&name) else {
                continue;
            };
            let pasts = read.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            let canary = serving.canary.as_ref().map_or(0.0, |it| it.percent);
            for (index, deployment) in serving.deployments().enumerate() {
                let is_canary = index > 0;
                // What has begun to serve since the last reading is told of after the next.
                let Some(past) = pasts.iter().find(|past| past.is_of(deployment)) else {
                    continue;
                };
                let counts = deployment.stats.counts();
                rates.push(Rate {
                    actor_type: Arc::clone(&deployment.actor_type),
                    digest: deployment.guest.digest(),
                    is_canary,
                    percent: if is_canary { canary } else { 100.0 - canary },
                    window: past.window(now_ms, &counts),
                    recently: past.recently(now_ms, &counts),
                    since_canary: past.since_canary(now_ms, &counts),
                });
            }
        }
        rates
    }
}

impl Past {
    /// A deployment counts from 0 when it begins to serve, which was no longer ago than the last
    /// reading.
    fn begin(deployment: &Arc<Deployment>, now_ms: u64) -> Self {
        Self {
            deployment: Arc::downgrade(deployment),
            by_second: VecDeque::from([(now_ms, Counts::default())]),
            totals: VecDeque::from([(now_ms, (0, 0))]),
            canary: None,
        }
    }

    fn is_of(&self, deployment: &Arc<Deployment>) -> bool {
        std::ptr::eq(self.deployment.as_ptr(), Arc::as_ptr(deployment))
    }

    fn note(&mut self, now_ms: u64, counts: Counts, canary: Option<ModuleDigest>) {
        let is_same = self.canary.as_ref().map(|begun| begun.digest) == canary;
        if !is_same {
            self.canary = canary.map(|digest| Begun {
                digest,
                at_ms: now_ms,
                // Nothing of the canary itself: all that it does is since then.
                counts: if self.is_new() {
                    Counts::default()
                } else {
                    counts.clone()
                },
            });
        }
        push(
            &mut self.totals,
            now_ms,
            RECENTLY_MS,
            (counts.turns, counts.failed),
        );
        push(&mut self.by_second, now_ms, WINDOW_MS, counts);
    }

    fn is_new(&self) -> bool {
        self.by_second.len() == 1
    }

    fn window(&self, now_ms: u64, counts: &Counts) -> Span {
        let front = self.by_second.front();
        front.map_or_else(Span::default, |(at_ms, before)| Span {
            over_ms: now_ms.saturating_sub(*at_ms),
            counts: counts.since(before),
        })
    }

    fn recently(&self, now_ms: u64, counts: &Counts) -> Span {
        let front = self.totals.front();
        front.map_or_else(Span::default, |(at_ms, (turns, failed))| Span {
            over_ms: now_ms.saturating_sub(*at_ms),
            counts: Counts {
                turns: counts.turns.saturating_sub(*turns),
                failed: counts.failed.saturating_sub(*failed),
                ..Counts::default()
            },
        })
    }

    fn since_canary(&self, now_ms: u64, counts: &Counts) -> Option<Span> {
        let begun = self.canary.as_ref()?;
        Some(Span {
            over_ms: now_ms.saturating_sub(begun.at_ms),
            counts: counts.since(&begun.counts),
        })
    }
}

/// Remembers a reading, and forgets those that lie behind the oldest one that is still needed.
fn push<T>(past: &mut VecDeque<(u64, T)>, now_ms: u64, reach_ms: u64, reading: T) {
    past.push_back((now_ms, reading));
    let since_ms = now_ms.saturating_sub(reach_ms);
    while past.get(1).is_some_and(|(at_ms, _)| *at_ms <= since_ms) {
        past.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past() -> Past {
        Past {
            deployment: Weak::new(),
            by_second: VecDeque::from([(0, Counts::default())]),
            totals: VecDeque::from([(0, (0, 0))]),
            canary: None,
        }
    }

    fn counts(turns: u64, failed: u64) -> Counts {
        Counts {
            turns,
            failed,
            ..Counts::default()
        }
    }

    fn told(span: &Span) -> (u64, u64, u64) {
        (span.over_ms, span.counts.turns, span.counts.failed)
    }

    #[test]
    fn only_what_was_within_the_time_is_told() {
        let mut past = past();
        // A turn a second, every tenth of which fails.
        for second in 1..=400 {
            past.note(second * 1_000, counts(second, second / 10), None);
        }
        let now = counts(400, 40);
        assert_eq!(told(&past.window(400_500, &now)), (60_500, 60, 6));
        assert_eq!(told(&past.recently(400_500, &now)), (300_500, 300, 30));
        assert!(past.since_canary(400_500, &now).is_none());
        assert!(past.by_second.len() <= 62 && past.totals.len() <= 302);
        // Nobody has looked for long: there is one reading of before, and all since then.
        past.note(900_000, counts(500, 50), None);
        assert_eq!(
            told(&past.window(900_000, &counts(500, 50))),
            (500_000, 100, 10)
        );
    }

    #[test]
    fn a_canary_begins_for_both_at_the_same_time() {
        let (mut current, mut canary) = (past(), past());
        let digest = ModuleDigest([7; 32]);
        current.note(1_000, counts(10, 1), None);
        for second in 2..=5 {
            current.note(second * 1_000, counts(10 * second, 1), Some(digest));
            canary.note(second * 1_000, counts(second, second), Some(digest));
        }
        let of_current = current
            .since_canary(6_000, &counts(60, 2))
            .expect("it began");
        assert_eq!(told(&of_current), (4_000, 40, 1));
        let of_canary = canary.since_canary(6_000, &counts(6, 6)).expect("it began");
        assert_eq!(told(&of_canary), (4_000, 6, 6), "all that it ever did");
        // Another one is another beginning.
        current.note(7_000, counts(70, 2), Some(ModuleDigest([8; 32])));
        let again = current
            .since_canary(8_000, &counts(71, 2))
            .expect("it began");
        assert_eq!(told(&again), (1_000, 1, 0));
        current.note(9_000, counts(80, 2), None);
        assert!(current.since_canary(9_000, &counts(80, 2)).is_none());
    }
}
