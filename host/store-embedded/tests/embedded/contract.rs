//! The suite of all stores, on this one.

use std::sync::Arc;

use pizza_store::Store;
use pizza_store_embedded::{EmbeddedStore, Options};
use tempfile::TempDir;

async fn make() -> (Arc<dyn Store>, TempDir) {
    let dir = tempfile::tempdir().expect("a directory");
    let store = EmbeddedStore::open(dir.path(), Options::default()).expect("opened");
    (Arc::new(store), dir)
}

pizza_store::contract_tests!(make);

/// With a log so short that rows come into the database while others are still written: a range is
/// then read from both, and from what lies between.
mod in_the_database {
    use super::*;
    use crate::fixture::small_tables;

    async fn make() -> (Arc<dyn Store>, TempDir) {
        let dir = tempfile::tempdir().expect("a directory");
        let store = EmbeddedStore::open(dir.path(), small_tables()).expect("opened");
        (Arc::new(store), dir)
    }

    pizza_store::contract_tests! { make;
        entries: an_opening_reads_no_more_than_its_bound,
        entries: several_are_read_at_once,
        entries: a_range_is_read_in_both_directions,
        entries: a_range_is_read_in_pieces,
        entries: a_view_stays_as_it_was,
        entries: what_was_opened_is_read,
        entries: a_copy_has_all_of_them,
    }
}
