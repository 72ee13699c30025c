//! What was acknowledged is there when the store is opened again.

use std::sync::Arc;

use crate::fixture::{actor, commit, fill, open, opened, read, silo, small_tables};
use pizza_store::{ActorStore, CommitError, InspectionStore, Members, Store};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::Durability;

#[tokio::test]
async fn everything_is_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    for options in [Options::default(), small_tables()] {
        let store = EmbeddedStore::open(dir.path(), options).expect("opened");
        fill(&store, 30, 12).await;
    }
    // Reading opens, which is written down as well.
    let mut kept = Vec::new();
    for _ in 0..3 {
        let store = open(dir.path());
        let read = read(&store, 30).await.expect("readable");
        kept.push(read.lines().filter(|line| !line.contains("epoch")).count());
        let record = store.record(&actor("actor-3")).await.expect("readable");
        assert_eq!(record.expect("claimed").version, 24);
    }
    assert!(
        kept[0] > 1000 && kept.iter().all(|count| *count == kept[0]),
        "{kept:?}"
    );
}

#[tokio::test]
async fn without_fsync_it_says_so_and_a_closed_store_has_all() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options {
        durability: Durability::Process,
        ..Options::default()
    };
    let store = EmbeddedStore::open(dir.path(), options.clone()).expect("opened");
    assert_eq!(store.durability(), Durability::Process);
    opened(&store, &actor("a")).await;
    let committed = store.commit(Arc::new(commit(&actor("a"), 1, 0))).await;
    assert_eq!(
        committed.expect("committed").durability,
        Durability::Process
    );
    drop(store);
    let store = EmbeddedStore::open(dir.path(), options).expect("opened");
    let record = store.record(&actor("a")).await.expect("readable");
    assert_eq!(record.expect("claimed").version, 1);
}

#[tokio::test]
async fn closing_writes_what_waits_and_refuses_the_rest() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    opened(&store, &actor("a")).await;
    let tickets: Vec<_> = (0..500)
        .map(|version| store.commit(Arc::new(commit(&actor("a"), 1, version))))
        .collect();
    store.close();
    for ticket in tickets {
        ticket.await.expect("committed");
    }
    let late = store.commit(Arc::new(commit(&actor("a"), 1, 500))).await;
    let late = late.expect_err("refused");
    assert!(matches!(late, CommitError::Refused { .. }), "{late}");
    store
        .open(&actor("a"), &silo(), &Members::alone(&silo()))
        .await
        .expect_err("refused");
    drop(store);
    let record = open(dir.path()).record(&actor("a")).await;
    assert_eq!(record.expect("readable").expect("claimed").version, 500);
}

#[tokio::test]
async fn a_full_queue_refuses_and_does_not_wait() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options {
        queue_max: 4,
        ..Options::default()
    };
    let store = EmbeddedStore::open(dir.path(), options).expect("opened");
    opened(&store, &actor("a")).await;
    let tickets: Vec<_> = (0..2000)
        .map(|version| store.commit(Arc::new(commit(&actor("a"), 1, version))))
        .collect();
    let (mut taken, mut overloaded) = (0, 0);
    for ticket in tickets {
        match ticket.await {
            // A refusal breaks the chain of versions: nothing behind it may get in.
            Ok(_) => {
                taken += 1;
                assert_eq!(overloaded, 0);
            }
            Err(CommitError::Refused { detail }) => {
                overloaded += 1;
                assert!(detail.contains("overloaded"), "{detail}");
            }
            Err(CommitError::Stale { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(taken > 0 && overloaded > 0, "{taken} and {overloaded}");
    let record = store.record(&actor("a")).await.expect("readable");
    assert_eq!(record.expect("claimed").version, taken);
}
