//! Which of a type's modules answers for which of its actors.
//!
//! An actor is given to the canary by a hash of its key and of the canary's digest: the
//! same actors for as long as the share is the same, and none is taken back while it
//! grows. Whoever has state of a layout that only one of the two can read stays with that
//! one, whatever the share: older code never gets newer state.

use std::sync::Arc;

use pizza_types::{MessageId, ModuleDigest};

use crate::catalog::ActorType;

/// The modules of one type.
#[derive(Clone)]
pub struct Serving {
    pub current: Arc<ActorType>,
    pub canary: Option<Canary>,
}

/// A module on trial.
#[derive(Clone)]
pub struct Canary {
    pub entry: Arc<ActorType>,
    /// Percent of the keys, 0 to 100. With 0 it keeps only whom it must.
    pub percent: f64,
}

const PARTS: u64 = 1_000_000;

impl Serving {
    #[must_use]
    pub fn all(current: Arc<ActorType>) -> Self {
        let canary = None;
        Self { current, canary }
    }

    /// Both, or the only one.
    pub fn entries(&self) -> impl Iterator<Item = &Arc<ActorType>> {
        let canary = self.canary.iter().map(|canary| &canary.entry);
        std::iter::once(&self.current).chain(canary)
    }

    pub(crate) fn choose(&self, key: &str, schema: Option<u32>) -> &Arc<ActorType> {
        let Some(canary) = &self.canary else {
            return &self.current;
        };
        let (chosen, other) = if canary.has(key) {
            (&canary.entry, &self.current)
        } else {
            (&self.current, &canary.entry)
        };
        let reads = |entry: &ActorType| schema.is_none_or(|schema| schema <= entry.module.schema());
        if reads(chosen) || !reads(other) {
            chosen
        } else {
            other
        }
    }
}

impl Canary {
    fn has(&self, key: &str) -> bool {
        let share = self.percent.clamp(0.0, 100.0) * (PARTS as f64 / 100.0);
        place(self.entry.module.digest(), key) < share as u64
    }
}

/// Where the key stands among all keys, from 0 to [`PARTS`]; different for each canary, so
/// that it is not always the same actors that are on trial.
fn place(canary: ModuleDigest, key: &str) -> u64 {
    let MessageId(bytes) = MessageId::derive("canary", &[&canary.0, key.as_bytes()]);
    let [a, b, c, d, e, f, g, h, ..] = bytes;
    u64::from_le_bytes([a, b, c, d, e, f, g, h]) % PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_even_and_differ_by_canary() {
        let keys: Vec<String> = (0..20_000).map(|n| format!("order-{n}")).collect();
        let below = |canary: u8, parts: u64| {
            let canary = ModuleDigest([canary; 32]);
            let hit = keys.iter().filter(|key| place(canary, key) < parts);
            hit.collect::<Vec<_>>()
        };
        let (tenth, fifth) = (below(1, PARTS / 10), below(1, PARTS / 5));
        assert!((1_800..2_200).contains(&tenth.len()), "{}", tenth.len());
        assert!(
            tenth.iter().all(|key| fifth.contains(key)),
            "none goes back"
        );
        let other = below(2, PARTS / 10);
        let both = tenth.iter().filter(|key| other.contains(key)).count();
        assert!(both < 300, "{both} of {} are the same", tenth.len());
    }
}
