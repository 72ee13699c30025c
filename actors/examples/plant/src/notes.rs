//! A diary, which grows for ever and is not part of the state for that.

use std::ops::Bound;

use silo_sdk::entries::Table;

use crate::Plant;
use crate::bindings::diary;
use crate::bindings::diary_queries::{self, Entry};

const NOTES: Table<String> = Table::new("notes");
const PAGE_MAX: u32 = 100;

#[silo_sdk::commands]
impl diary::Guest for Plant {
    fn note(&mut self, text: String) -> u32 {
        self.notes += 1;
        NOTES.insert(&key(self.notes), &text);
        self.notes
    }
}

#[silo_sdk::queries]
impl diary_queries::Guest for Plant {
    fn notes(&self, after: u32, limit: u32) -> Vec<Entry> {
        let after = key(after);
        let behind = (Bound::Excluded(after.as_str()), Bound::Unbounded);
        let rows = NOTES.range(behind, limit.min(PAGE_MAX)).into_iter();
        let entry = |(key, text): (String, String)| Entry {
            number: key.parse().unwrap_or_default(),
            text,
        };
        rows.map(entry).collect()
    }
}

/// Rows are in the order of their keys' bytes, so that 10 must not come before 9.
fn key(number: u32) -> String {
    format!("{number:010}")
}

#[cfg(test)]
mod tests {
    use silo_sdk::testing::Host;

    use super::*;

    #[test]
    fn notes_are_read_page_by_page() {
        let host = Host::new("plant", "fern");
        for text in ["a leaf", "another one", "a bud"] {
            <Plant as diary::Guest>::note(text.into());
        }
        let page = <Plant as diary_queries::Guest>::notes(1, 10);
        let page: Vec<_> = page.iter().map(|e| (e.number, e.text.as_str())).collect();
        assert_eq!(page, [(2, "another one"), (3, "a bud")]);
        assert_eq!(host.entries().len(), 3);
    }
}
