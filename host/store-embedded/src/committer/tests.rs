//! A disk that fails.

mod power;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use pizza_store::{
    ActorStore, Commit, CommitError, FactStore, InspectionStore, Keep, Members, Retention, Store,
    StoreError,
};
use pizza_types::{ActorId, ShardSet, SiloId, State, StateWrite};

use super::Disk;
use crate::log::{Log, Record};
use crate::{EmbeddedStore, Options, testing};

const SOUND: u8 = 0;
const WRITE_FAILS: u8 = 1;
const SYNC_FAILS: u8 = 2;
const SYNC_PANICS: u8 = 3;
const SYNC_HANGS: u8 = 4;

struct Failing {
    disk: Log,
    fault: Arc<AtomicU8>,
}

impl Disk for Failing {
    fn write(&mut self, records: &mut [Record]) -> Result<(), String> {
        if self.fault.load(Ordering::SeqCst) == WRITE_FAILS {
            return Err(String::from("no space left"));
        }
        self.disk.write(records)
    }

    fn sync(&mut self) -> Result<(), String> {
        match self.fault.load(Ordering::SeqCst) {
            SYNC_FAILS => Err(String::from("input/output error")),
            SYNC_PANICS => panic!("a bug"),
            // As a write does in a database whose own thread has died.
            SYNC_HANGS => loop {
                std::thread::park();
            },
            _ => Disk::sync(&mut self.disk),
        }
    }
}

fn actor() -> ActorId {
    testing::actor("meter-1")
}

fn commit(version: u64) -> Arc<Commit> {
    let state = State {
        schema: 1,
        bytes: version.to_string().into(),
    };
    Arc::new(testing::commit(actor(), version, StateWrite::Set(state)))
}

#[tokio::test]
async fn a_failed_write_is_final() {
    for fault in [WRITE_FAILS, SYNC_FAILS, SYNC_PANICS] {
        let dir = tempfile::tempdir().expect("a directory");
        let switch = Arc::new(AtomicU8::new(SOUND));
        let fault_switch = Arc::clone(&switch);
        let store = EmbeddedStore::open_on(dir.path(), &Options::default(), |disk| {
            let fault = fault_switch;
            Box::new(Failing { disk, fault })
        });
        let store = store.expect("opened");
        let owner = SiloId(Arc::from("silo"));
        store.commit(commit(0)).await.expect("committed");

        switch.store(fault, Ordering::SeqCst);
        let tickets: Vec<_> = (1..4)
            .map(|version| store.commit(commit(version)))
            .collect();
        for ticket in tickets {
            // Those of the failing group may be there; those behind it are not.
            let error = ticket.await.expect_err("not acknowledged");
            let is_honest = matches!(
                error,
                CommitError::Unknown { .. } | CommitError::Refused { .. }
            );
            assert!(is_honest, "{error}");
        }
        switch.store(SOUND, Ordering::SeqCst);
        let refused = store.commit(commit(1)).await.expect_err("stopped");
        assert!(matches!(refused, CommitError::Refused { .. }), "{refused}");
        let poisoned = |error: StoreError| matches!(error, StoreError::Poisoned { .. });
        assert!(store.record(&actor()).await.is_err_and(poisoned));
        let members = Members::alone(&owner);
        let opened = store.open(&actor(), &owner, &members).await;
        assert!(opened.is_err_and(poisoned));
        assert!(store.fact("name").await.is_err_and(poisoned));
        assert!(
            store
                .expire(&ShardSet::ALL, 0, &Retention::usual(Keep::EVERYTHING), 10)
                .await
                .is_err_and(poisoned)
        );
        drop(store);

        let store = EmbeddedStore::open(dir.path(), Options::default()).expect("opened");
        let record = store
            .record(&actor())
            .await
            .expect("readable")
            .expect("made");
        assert!((1..=4).contains(&record.version), "{}", record.version);
    }
}

#[tokio::test]
async fn the_first_of_a_failing_group_is_unknown() {
    let dir = tempfile::tempdir().expect("a directory");
    let switch = Arc::new(AtomicU8::new(SOUND));
    let fault = Arc::clone(&switch);
    let store = EmbeddedStore::open_on(dir.path(), &Options::default(), |disk| {
        Box::new(Failing { disk, fault })
    });
    let store = store.expect("opened");
    switch.store(SYNC_FAILS, Ordering::SeqCst);
    let error = store.commit(commit(0)).await.expect_err("not durable");
    let CommitError::Unknown { detail } = error else {
        panic!("{error}");
    };
    assert!(detail.contains("input/output error"), "{detail}");
}

/// The database's own thread dies while the committer waits for it.
#[tokio::test]
async fn nobody_waits_for_a_committer_that_hangs() {
    let dir = tempfile::tempdir().expect("a directory");
    let switch = Arc::new(AtomicU8::new(SOUND));
    let fault = Arc::clone(&switch);
    let store = EmbeddedStore::open_on(dir.path(), &Options::default(), |disk| {
        Box::new(Failing { disk, fault })
    });
    let store = store.expect("opened");
    switch.store(SYNC_HANGS, Ordering::SeqCst);
    let in_flight = store.commit(commit(0));
    let waiting = store.commit(commit(1));
    store.poison().set("its own thread has died");
    let limit = Duration::from_secs(5);
    let of_it = "its own thread has died";
    for ticket in [in_flight, waiting] {
        let answered = tokio::time::timeout(limit, ticket).await;
        let error = answered.expect("in time").expect_err("not durable");
        assert!(error.to_string().contains(of_it), "{error}");
    }
    assert_eq!(store.stop_reason().as_deref(), Some(of_it));
    assert_eq!(store.stopped().await, of_it);
    // Nor is the end held up.
    let begun = Instant::now();
    drop(store);
    assert!(begun.elapsed() < limit);
}
