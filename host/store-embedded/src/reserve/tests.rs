//! A disk that says it is full, and a process that can open nothing.

use std::fs::File;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use pizza_store::{
    ActorStore, Commit, CommitError, DeadLetter, DeadLetterStore, FactStore, InspectionStore, Keep,
    Members, Retention, Store, StoreError,
};
use pizza_types::{ActorId, Body, Chain, Envelope, MessageId, ShardSet, SiloId, State, StateWrite};
use rustix::io::Errno;

use super::system::{RealSystem, System};
use crate::store::Seams;
use crate::{EmbeddedStore, Options, testing};

const ROOM: u64 = 1 << 40;
const SPARE_BYTES: u64 = 1 << 20;
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Default)]
struct Narrow {
    free: AtomicU64,
    opens_nothing: AtomicBool,
}

impl System for Arc<Narrow> {
    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        Ok(self.free.load(Ordering::SeqCst))
    }

    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()> {
        if self.free.load(Ordering::SeqCst) < bytes {
            return Err(io::Error::from(Errno::NOSPC));
        }
        RealSystem.allocate(file, bytes)
    }

    fn probe(&self, dir: &Path) -> io::Result<()> {
        RealSystem.probe(dir)
    }

    fn descriptor(&self) -> io::Result<File> {
        if self.opens_nothing.load(Ordering::SeqCst) {
            return Err(io::Error::from(Errno::MFILE));
        }
        RealSystem.descriptor()
    }
}

fn open(dir: &Path, narrow: &Arc<Narrow>) -> EmbeddedStore {
    let options = Options {
        segment_bytes: 64 << 10,
        reserve_bytes: SPARE_BYTES,
        ..Options::default()
    };
    let seams = Seams {
        system: Arc::new(Arc::clone(narrow)),
        ..Seams::default()
    };
    EmbeddedStore::open_with(dir, &options, seams).expect("opened")
}

fn actor() -> ActorId {
    testing::actor("meter-1")
}

fn commit(version: u64, state: StateWrite) -> Arc<Commit> {
    Arc::new(testing::commit(actor(), version, state))
}

fn grows(version: u64) -> Arc<Commit> {
    let bytes = Bytes::from(vec![version as u8; 300]);
    commit(version, StateWrite::Set(State { schema: 1, bytes }))
}

fn letter() -> DeadLetter {
    let arguments = Bytes::from_static(b"{}");
    let method = Arc::from("method");
    DeadLetter {
        envelope: Envelope {
            target: actor(),
            body: Body::Call { method, arguments },
            id: MessageId([1; 16]),
            deadline_ms: 0,
            chain: Chain::default(),
            caller: None,
            trace: None,
        },
        error: String::from("it trapped"),
        attempts: 1,
        at_ms: 0,
    }
}

async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn is_full(error: &StoreError) -> bool {
    matches!(error, StoreError::Full { .. })
}

#[tokio::test]
async fn without_room_only_what_needs_some_is_refused() {
    for fault in ["disk", "descriptors"] {
        let dir = tempfile::tempdir().expect("a directory");
        let narrow = Arc::new(Narrow::default());
        narrow.free.store(ROOM, Ordering::SeqCst);
        let store = open(dir.path(), &narrow);
        store.commit(grows(0)).await.expect("committed");
        let dead = store.add_dead_letter(letter()).await.expect("kept");
        let spare = dir.path().join("log/spare");
        until("the reserve is made", async || {
            std::fs::metadata(&spare).is_ok_and(|about| about.len() == SPARE_BYTES)
        })
        .await;

        let (mut expected, opens) = ("MiB are free on the disk", &narrow.opens_nothing);
        if fault == "disk" {
            narrow.free.store(1 << 20, Ordering::SeqCst);
        } else {
            expected = "Too many open files";
            opens.store(true, Ordering::SeqCst);
        }
        until("it is noticed", async || store.full_reason().is_some()).await;
        let reason = store.full_reason().expect("full");
        assert!(reason.contains(expected), "{reason}");

        let refused = store.commit(grows(1)).await.expect_err("refused");
        assert_eq!(refused, CommitError::Full { detail: reason });
        let refused = store.add_dead_letter(letter()).await;
        assert!(refused.is_err_and(|error| is_full(&error)));
        let module = Bytes::from(vec![7; 4096]);
        let refused = store.set_fact("module", module).await;
        assert!(refused.is_err_and(|error| is_full(&error)));

        // What reads, what goes, and what the silo cannot do without.
        let silo = SiloId("one".into());
        let members = Members::alone(&silo);
        store.open(&actor(), &silo, &members).await.expect("opened");
        let record = store.record(&actor()).await.expect("readable");
        assert_eq!(record.expect("made").version, 1);
        store
            .set_fact("time", Bytes::from_static(b"now"))
            .await
            .expect("noted");
        assert!(store.remove_dead_letter(dead).await.expect("removed"));
        let keep = Retention::usual(Keep::EVERYTHING);
        store
            .expire(&ShardSet::ALL, u64::MAX, &keep, 10)
            .await
            .expect("expired");
        let clear = Commit {
            // The opening has raised it.
            epoch: 2,
            ..(*commit(1, StateWrite::Clear)).clone()
        };
        store.commit(Arc::new(clear)).await.expect("it makes room");

        narrow.free.store(ROOM, Ordering::SeqCst);
        opens.store(false, Ordering::SeqCst);
        until("there is room", async || store.full_reason().is_none()).await;
        let grown = Commit {
            epoch: 2,
            ..(*grows(2)).clone()
        };
        store.commit(Arc::new(grown)).await.expect("committed");
        assert_eq!(store.stop_reason(), None);
    }
}

/// A checkpoint that has no room waits, and makes nobody else wait.
#[tokio::test]
async fn a_checkpoint_waits_for_room() {
    let dir = tempfile::tempdir().expect("a directory");
    let narrow = Arc::new(Narrow::default());
    narrow.free.store(ROOM, Ordering::SeqCst);
    let options = Options {
        segment_bytes: 8 << 10,
        reserve_bytes: SPARE_BYTES,
        // So that only the checkpoint finds out.
        free_bytes_min: 0,
        ..Options::default()
    };
    let seams = Seams {
        system: Arc::new(Arc::clone(&narrow)),
        ..Seams::default()
    };
    let store = EmbeddedStore::open_with(dir.path(), &options, seams).expect("opened");
    store.commit(grows(0)).await.expect("committed");
    narrow.free.store(0, Ordering::SeqCst);
    let mut version = 1;
    let begun = Instant::now();
    // More than three layers, at which commits wait for a checkpoint.
    loop {
        assert!(begun.elapsed() < PATIENCE, "nobody was refused");
        match store.commit(grows(version)).await {
            Ok(_) => version += 1,
            Err(CommitError::Full { detail }) => {
                assert!(detail.contains("checkpoint"), "{detail}");
                break;
            }
            Err(other) => panic!("{other}"),
        }
    }
    let silo = SiloId("one".into());
    let members = Members::alone(&silo);
    let mut epoch = 1;
    let actor = actor();
    for _ in 0..200 {
        let opened = store.open(&actor, &silo, &members);
        let opened = tokio::time::timeout(PATIENCE, opened).await;
        opened.expect("nobody waits").expect("opened");
        epoch += 1;
    }
    narrow.free.store(ROOM, Ordering::SeqCst);
    until("there is room", async || store.full_reason().is_none()).await;
    let last = Commit {
        epoch,
        ..(*grows(version)).clone()
    };
    store.commit(Arc::new(last)).await.expect("committed");
    drop(store);
    let store = open(dir.path(), &narrow);
    let record = store.record(&actor).await.expect("readable");
    assert_eq!(record.expect("made").version, version + 1);
}
