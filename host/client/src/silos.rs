//! The silos that an edge may ask: those that it was told of, and those that they name.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

/// How long a silo that did not answer is asked last, in milliseconds.
const REST_MS: u64 = 500;

/// A silo, by its address for operators.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) address: String,
    /// Until when it is asked last, by the edge's own clock; 0: it answers.
    rests_until_ms: AtomicU64,
}

impl Peer {
    fn new(address: &str) -> Arc<Self> {
        Arc::new(Self {
            address: address.to_owned(),
            rests_until_ms: AtomicU64::new(0),
        })
    }

    pub(crate) fn has_answered(&self) {
        self.rests_until_ms.store(0, Ordering::Relaxed);
    }

    pub(crate) fn has_failed(&self, now_ms: u64) {
        self.rests_until_ms
            .store(now_ms + REST_MS, Ordering::Relaxed);
    }

    fn rests(&self, now_ms: u64) -> bool {
        self.rests_until_ms.load(Ordering::Relaxed) > now_ms
    }
}

/// All of them. They are asked in turn, so that the load of an edge is spread.
#[derive(Debug)]
pub(crate) struct Silos {
    /// Those that the operator named: they are never forgotten, for all others may have gone.
    named: Vec<Arc<Peer>>,
    known: RwLock<Arc<[Arc<Peer>]>>,
    turn: AtomicUsize,
}

impl Silos {
    pub(crate) fn named(addresses: &[String]) -> Self {
        let named: Vec<_> = addresses.iter().map(|address| Peer::new(address)).collect();
        Self {
            known: RwLock::new(named.clone().into()),
            named,
            turn: AtomicUsize::new(0),
        }
    }

    /// Takes over which silos there are, as one of them says. None at all says nothing: that silo is
    /// alone, or is just joining.
    pub(crate) fn are(&self, addresses: &[String]) {
        if addresses.is_empty() {
            return;
        }
        let before = self.known();
        let peer = |address: &String| {
            let mut known = before.iter().chain(&self.named);
            let known = known.find(|peer| peer.address == *address);
            known.map_or_else(|| Peer::new(address), Arc::clone)
        };
        let now: Arc<[_]> = addresses.iter().map(peer).collect();
        if let Ok(mut known) = self.known.write() {
            *known = now;
        }
    }

    /// The silos in the order in which a question tries them: first in turn those that answer, then
    /// those that lately did not, and those last that were named once and are not known any more.
    pub(crate) fn in_turn(&self, now_ms: u64) -> Vec<Arc<Peer>> {
        let known = self.known();
        let first = self.turn.fetch_add(1, Ordering::Relaxed) % known.len().max(1);
        let mut order: Vec<_> = known[first..].iter().chain(&known[..first]).collect();
        order.sort_by_key(|peer| peer.rests(now_ms));
        let is_known = |peer: &Arc<Peer>| known.iter().any(|known| Arc::ptr_eq(known, peer));
        let named = self.named.iter().filter(|peer| !is_known(peer));
        order.into_iter().chain(named).cloned().collect()
    }

    /// The address of the one that all edges agree on: the live member with the smallest id.
    pub(crate) fn first(&self) -> String {
        // Silos list themselves in the order of their ids.
        let known = self.known();
        known
            .first()
            .map_or_else(String::new, |peer| peer.address.clone())
    }

    fn known(&self) -> Arc<[Arc<Peer>]> {
        // Nothing that panics happens under the lock.
        let known = self.known.read();
        known.map_or_else(|_| self.named.clone().into(), |known| Arc::clone(&known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(silos: &Silos, now_ms: u64) -> Vec<String> {
        let order = silos.in_turn(now_ms);
        order.iter().map(|peer| peer.address.clone()).collect()
    }

    fn named(addresses: &[&str]) -> Vec<String> {
        addresses
            .iter()
            .map(|&address| address.to_owned())
            .collect()
    }

    #[test]
    fn they_are_asked_in_turn_and_whoever_failed_last() {
        let silos = Silos::named(&named(&["a:1", "b:1"]));
        assert_eq!(order(&silos, 0), ["a:1", "b:1"]);
        assert_eq!(order(&silos, 0), ["b:1", "a:1"]);
        silos.in_turn(0)[0].has_failed(1_000);
        assert_eq!(order(&silos, 1_100), ["b:1", "a:1"]);
        assert_eq!(order(&silos, 1_100), ["b:1", "a:1"], "a:1 rests");
        assert_eq!(order(&silos, 1_600), ["b:1", "a:1"]);
        assert_eq!(order(&silos, 1_600), ["a:1", "b:1"], "it is asked again");
    }

    #[test]
    fn those_that_silos_name_come_before_those_that_were_named_once() {
        let silos = Silos::named(&named(&["a:1"]));
        silos.are(&[]);
        assert_eq!(order(&silos, 0), ["a:1"], "none is no answer");
        silos.are(&named(&["b:1", "c:1"]));
        assert_eq!(silos.first(), "b:1");
        assert_eq!(order(&silos, 0), ["c:1", "b:1", "a:1"]);
        silos.are(&named(&["a:1"]));
        assert_eq!(order(&silos, 0), ["a:1"]);
    }
}
