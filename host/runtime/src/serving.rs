//! Which of a type's modules answers for which of its actors.
//!
//! An actor is given to the canary by a hash of its key and of the canary's digest: the
//! same actors for as long as the share is the same, and none is taken back while it
//! grows. An actor whose state has a layout that only one of the two can read stays with
//! that one, whatever the share: older code never gets newer state.

use std::sync::Arc;

use pizza_types::{MessageId, ModuleDigest};

use crate::deployment::Deployment;

/// The deployments of one type.
#[derive(Clone)]
pub struct Serving {
    /// The module that serves all actors whom the canary does not.
    pub current: Arc<Deployment>,
    /// The newer module on trial; `None` when there is none.
    pub canary: Option<Canary>,
}

/// A newer module that serves a share of the actors.
#[derive(Clone)]
pub struct Canary {
    pub deployment: Arc<Deployment>,
    /// The share of the keys in percent, 0 to 100. With 0 it keeps only actors whose state the
    /// other module cannot read.
    pub percent: f64,
}

/// The number of parts that keys are divided into: fine enough for a share of a ten-thousandth of
/// a percent.
const BUCKETS: u64 = 1_000_000;

impl Serving {
    #[must_use]
    pub fn all(current: Arc<Deployment>) -> Self {
        let canary = None;
        Self { current, canary }
    }

    /// The current deployment, and the canary's where there is one.
    pub fn deployments(&self) -> impl Iterator<Item = &Arc<Deployment>> {
        let canary = self.canary.iter().map(|canary| &canary.deployment);
        std::iter::once(&self.current).chain(canary)
    }

    pub(crate) fn choose(&self, key: &str, schema: Option<u32>) -> &Arc<Deployment> {
        let Some(canary) = &self.canary else {
            return &self.current;
        };
        let (chosen, other) = if canary.has(key) {
            (&canary.deployment, &self.current)
        } else {
            (&self.current, &canary.deployment)
        };
        let reads = |deployment: &Deployment| {
            schema.is_none_or(|schema| schema <= deployment.guest.schema())
        };
        // Where neither can read it, the turn fails, and says which layout it found.
        if reads(chosen) || !reads(other) {
            chosen
        } else {
            other
        }
    }
}

impl Canary {
    fn has(&self, key: &str) -> bool {
        let share = self.percent.clamp(0.0, 100.0) * (BUCKETS as f64 / 100.0);
        bucket(self.deployment.guest.digest(), key) < share as u64
    }
}

/// The bucket of a key, below [`BUCKETS`]; another one for each canary, so that it is not
/// always the same actors that get new code first.
fn bucket(canary: ModuleDigest, key: &str) -> u64 {
    let MessageId(bytes) = MessageId::derive("canary", &[&canary.0, key.as_bytes()]);
    let [a, b, c, d, e, f, g, h, ..] = bytes;
    u64::from_le_bytes([a, b, c, d, e, f, g, h]) % BUCKETS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_even_and_differ_by_canary() {
        let keys: Vec<String> = (0..20_000).map(|n| format!("order-{n}")).collect();
        let below = |canary: u8, parts: u64| {
            let canary = ModuleDigest([canary; 32]);
            let hit = keys.iter().filter(|key| bucket(canary, key) < parts);
            hit.collect::<Vec<_>>()
        };
        let (tenth, fifth) = (below(1, BUCKETS / 10), below(1, BUCKETS / 5));
        assert!((1_800..2_200).contains(&tenth.len()), "{}", tenth.len());
        assert!(
            tenth.iter().all(|key| fifth.contains(key)),
            "none goes back"
        );
        let other = below(2, BUCKETS / 10);
        let both = tenth.iter().filter(|key| other.contains(key)).count();
        assert!(both < 300, "{both} of {} are the same", tenth.len());
    }
}
