use std::sync::Arc;

use pizza_store::{ActorStore, Commit, EndWrite};
use pizza_types::{ShardSet, StateWrite};

use super::*;
use crate::Options;
use crate::testing::{actor, commit};

/// An actor whose only commit ends it.
async fn ends_and_is_retired(store: &EmbeddedStore, key: &str, now_ms: u64) {
    let commit = Commit {
        ending: EndWrite::Set(1),
        ..commit(actor(key), 0, StateWrite::Keep)
    };
    store.commit(Arc::new(commit)).await.expect("committed");
    let of = Retirement {
        actor: actor(key),
        version: 1,
        now_ms,
    };
    assert_eq!(store.retire(vec![of]).await, Ok(vec![true]));
}

#[tokio::test]
async fn what_was_gone_over_is_not_gone_over_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = EmbeddedStore::open(dir.path(), Options::default()).expect("opened");
    for (key, now_ms) in [("a", 10), ("b", 20), ("c", 30)] {
        ends_and_is_retired(&store, key, now_ms).await;
    }
    assert_eq!(store.forget_retired(&ShardSet::ALL, 20, 100).await, Ok(2));
    // A row that nobody writes there shows who reads it.
    let passed = key::ended(key::RETIRED, 15, &key::actor(&actor("passed")));
    let rows = vec![(
        Table::Ended,
        passed.into(),
        Some(crate::row::encode(&()).into()),
    )];
    store.write("plant", rows, true).await.expect("written");
    assert_eq!(store.forget_retired(&ShardSet::ALL, 25, 100).await, Ok(0));
    assert_eq!(store.forget_retired(&ShardSet::ALL, 30, 100).await, Ok(1));
    assert_eq!(store.retired(&actor("c")).await, Ok(None));

    // Whoever is retired at a time that was passed is not left behind for that.
    ends_and_is_retired(&store, "late", 20).await;
    assert_eq!(store.forget_retired(&ShardSet::ALL, 30, 100).await, Ok(2));
    assert_eq!(store.retired(&actor("late")).await, Ok(None));
}
