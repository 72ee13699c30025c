//! What actors were told to remember, and was acknowledged: each of it has to be there once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// Notes by actor, in the order in which they were acknowledged.
#[derive(Default)]
pub(super) struct History(Mutex<BTreeMap<String, Vec<String>>>);

impl History {
    pub(super) fn acknowledged(&self, key: &str, note: String) {
        let mut notes = self.0.lock().expect("unpoisoned");
        notes.entry(key.to_owned()).or_default().push(note);
    }

    /// What is acknowledged by now.
    pub(super) fn of(&self, key: &str) -> Vec<String> {
        let notes = self.0.lock().expect("unpoisoned");
        notes.get(key).cloned().unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.0
            .lock()
            .expect("unpoisoned")
            .values()
            .map(Vec::len)
            .sum()
    }

    /// Compares all of it with what the actors remember now, and how many turns they count.
    pub(super) fn faults(&self, remembered: impl Fn(&str) -> (u64, Vec<String>)) -> Vec<String> {
        let mut faults = Vec::new();
        for (key, acknowledged) in &*self.0.lock().expect("unpoisoned") {
            let (count, notes) = remembered(key);
            let (there, told): (BTreeSet<_>, BTreeSet<_>) =
                (notes.iter().collect(), acknowledged.iter().collect());
            if there != told {
                let lost: Vec<_> = told.difference(&there).collect();
                let foreign: Vec<_> = there.difference(&told).collect();
                faults.push(format!("{key} has lost {lost:?}, and has {foreign:?}"));
            }
            if notes.len() != there.len() || count != notes.len() as u64 {
                faults.push(format!("{key} has {} notes of {count} turns", notes.len()));
            }
        }
        faults
    }
}

/// Whether somebody read less than was known before they began.
pub(super) fn is_stale(known: &[String], read: &[String]) -> bool {
    !known.iter().all(|note| read.contains(note))
}

/// The planted mistakes: what a commit of a former owner would do if it were taken, and a read by a silo
/// that believes itself for too long.
#[test]
fn lost_repeated_and_stale_notes_are_found() {
    let notes = ["n1", "n2", "n3"].map(str::to_owned);
    let history = History::default();
    for note in &notes {
        history.acknowledged("a", note.clone());
    }
    let of = |count, notes: &[&str]| {
        let notes: Vec<String> = notes.iter().map(|note| (*note).to_owned()).collect();
        history.faults(|_| (count, notes.clone())).len()
    };
    assert_eq!(of(3, &["n1", "n3", "n2"]), 0);
    assert_ne!(of(2, &["n1", "n3"]), 0, "n2 was written over");
    assert_ne!(of(4, &["n1", "n2", "n3", "n3"]), 0, "n3 is there twice");
    assert_ne!(of(3, &["n1", "n2", "n4"]), 0, "n4 was never acknowledged");
    assert_ne!(of(4, &["n1", "n2", "n3"]), 0, "a turn without a note");
    assert!(!is_stale(&notes[..2], &notes));
    assert!(is_stale(&notes, &notes[..2]));
}
