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
