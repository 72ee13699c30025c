//! Which silos there are, and which are gone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How many silos that are gone are remembered, and for how long.
const GONE_MAX: usize = 32;
const GONE_FOR: Duration = Duration::from_secs(3_600);
/// How long it is believed that there are no other silos than these.
const BELIEVED_FOR: Duration = Duration::from_secs(10);

/// What is known of the silos.
#[derive(Default)]
pub(super) struct Known {
    /// By id.
    silos: BTreeMap<String, Seen>,
    /// The rows of those that are gone, by id.
    gone: BTreeMap<String, (Instant, Value)>,
    /// When somebody looked last.
    at: Option<Instant>,
}

/// A silo when somebody looked last.
pub(super) struct Seen {
    /// Where operators reach it; empty of one that is alone.
    pub(super) address: String,
    pub(super) is_leaving: bool,
}

impl Known {
    /// Whether all there is is one silo.
    pub(super) fn is_one(&self) -> bool {
        self.silos.len() == 1
    }

    /// Whether it is so long since somebody looked that others may have joined.
    pub(super) fn is_old(&self, now: Instant) -> bool {
        self.at
            .is_none_or(|at| now.duration_since(at) >= BELIEVED_FOR)
    }

    pub(super) fn address_of(&self, silo: &str) -> Option<String> {
        let seen = self.silos.get(silo)?;
        Some(seen.address.clone())
    }

    /// The ids of the silos, and where operators reach them.
    pub(super) fn silos(&self) -> Vec<(String, String)> {
        let silos = self.silos.iter();
        silos
            .map(|(id, seen)| (id.clone(), seen.address.clone()))
            .collect()
    }

    /// A row for each silo that is gone.
    pub(super) fn gone(&self) -> impl Iterator<Item = &Value> {
        self.gone.values().map(|(_, row)| row)
    }

    /// Takes over which silos there are now; those that are missing without having left are dead.
    pub(super) fn are(&mut self, now: BTreeMap<String, Seen>, at: Instant) {
        self.at = Some(at);
        let before = std::mem::replace(&mut self.silos, now);
        for (id, seen) in before {
            if !self.silos.contains_key(&id) && !seen.is_leaving {
                let row = json!({
                    "silo": id, "name": name(&id), "address": seen.address, "state": "dead",
                    "why": "it is no member of the cluster any more, and did not say that it leaves",
                });
                self.gone.insert(id, (at, row));
            }
        }
        // One that has started again is there under another id.
        let names: BTreeSet<&str> = self.silos.keys().map(|id| name(id)).collect();
        self.gone.retain(|id, (since, _)| {
            !names.contains(name(id)) && at.duration_since(*since) < GONE_FOR
        });
        while self.gone.len() > GONE_MAX {
            self.gone.pop_first();
        }
    }
}

/// An id is a name and a generation.
pub(super) fn name(id: &str) -> &str {
    id.rsplit_once('.').map_or(id, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(is_leaving: bool) -> Seen {
        let address = "127.0.0.1:1".to_owned();
        Seen {
            address,
            is_leaving,
        }
    }

    fn are(known: &mut Known, ids: &[(&str, bool)], at: Instant) {
        let now = ids
            .iter()
            .map(|(id, leaves)| ((*id).to_owned(), seen(*leaves)));
        known.are(now.collect(), at);
    }

    fn gone(known: &Known) -> Vec<&str> {
        known.gone.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_silo_that_went_without_a_word_is_dead_until_it_is_back() {
        let (mut known, at) = (Known::default(), Instant::now());
        are(
            &mut known,
            &[("a.1", false), ("b.2", false), ("c.3", true)],
            at,
        );
        are(&mut known, &[("a.1", false)], at);
        assert_eq!(gone(&known), ["b.2"], "c.3 had said that it leaves");
        are(&mut known, &[("a.1", false), ("b.4", false)], at);
        assert_eq!(gone(&known), [""; 0]);
        are(&mut known, &[("b.4", false)], at);
        assert_eq!(gone(&known), ["a.1"]);
        are(&mut known, &[("b.4", false)], at + GONE_FOR);
        assert_eq!(gone(&known), [""; 0], "an hour is enough");
        for generation in 0..100 {
            are(
                &mut known,
                &[(&format!("d{generation}.{generation}"), false)],
                at,
            );
        }
        assert_eq!(known.gone.len(), GONE_MAX);
    }
}
