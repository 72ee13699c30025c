//! What clients did and saw, in the order of one clock.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// What is asked of an actor that is a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    /// Put this, which nobody else puts, at its end; the answer is the list with it.
    Append(u32),
    Read,
}

/// How it ended, as far as its client knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The list.
    Saw(Vec<u32>),
    /// The answer promised that nothing was done, and nothing will be.
    NothingDone,
    /// It may have been done, or may be yet.
    Unknown,
}

/// One call, with the moments of its begin and its end, which no other moment equals.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) begun: usize,
    pub(super) ended: usize,
    pub(super) operation: Operation,
    pub(super) outcome: Outcome,
}

/// The calls of all clients, by the key of their actor.
#[derive(Default)]
pub(super) struct History {
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    /// The moment after the last one.
    next: usize,
    keys: BTreeMap<String, Vec<Call>>,
}

impl History {
    /// A moment, after all that were before.
    pub(super) fn now(&self) -> usize {
        let mut inside = self.inside.lock().expect("unpoisoned");
        inside.next += 1;
        inside.next
    }

    /// Notes a call that has just ended.
    pub(super) fn note(&self, key: &str, begun: usize, operation: Operation, outcome: Outcome) {
        let mut inside = self.inside.lock().expect("unpoisoned");
        inside.next += 1;
        let ended = inside.next;
        let calls = inside.keys.entry(key.to_owned()).or_default();
        calls.push(Call {
            begun,
            ended,
            operation,
            outcome,
        });
    }

    pub(super) fn into_keys(self) -> BTreeMap<String, Vec<Call>> {
        self.inside.into_inner().expect("unpoisoned").keys
    }
}
