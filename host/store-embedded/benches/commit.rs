//! Durable commits a second: a state of 320 bytes and a reply of 120 in each, in groups
//! of 1, 64 and 512 at once; and the creation of actors, a commit each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pizza_store::{ActorStore, Commit, Handled, Leaving, StoredReply};
use pizza_store_embedded::{EmbeddedStore, Options};
use pizza_types::{ActorId, MessageId, SiloId, State, StateWrite};

fn commit(actor: &ActorId, version: u64) -> Commit {
    let handled = Handled {
        id: MessageId::derive("bench", &[&version.to_be_bytes()]),
        reply: StoredReply {
            fingerprint: [0; 16],
            reply: Bytes::from_static(&[b'r'; 120]),
            declined: false,
            expires_at_ms: 0,
            title: Arc::from("method"),
            caller: None,
            trace: None,
        },
    };
    Commit {
        actor: actor.clone(),
        owner: SiloId("one".into()),
        epoch: version.min(1),
        version,
        now_ms: 0,
        module: None,
        state: StateWrite::Set(State {
            schema: 1,
            bytes: Bytes::from_static(&[b's'; 320]),
        }),
        entries: Vec::new(),
        handled: Some(handled),
        reminders: Vec::new(),
        delayed: Vec::new(),
        leaving: Leaving::default(),
        cursor: None,
    }
}

fn actor(key: String) -> ActorId {
    ActorId::new("meter", key).expect("a legal key")
}

/// `rounds` commits of each of `actors`, one round after the other.
async fn rounds(store: &EmbeddedStore, actors: &[(ActorId, AtomicU64)], rounds: u64) -> Duration {
    let start = Instant::now();
    for _ in 0..rounds {
        let queue = |(actor, version): &(ActorId, AtomicU64)| {
            let version = version.fetch_add(1, Ordering::Relaxed);
            store.commit(Arc::new(commit(actor, version)))
        };
        let tickets: Vec<_> = actors.iter().map(queue).collect();
        for ticket in tickets {
            ticket.await.expect("committed");
        }
    }
    start.elapsed()
}

async fn creations(store: Arc<EmbeddedStore>, count: u64, at_once: u64) -> Duration {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let start = Instant::now();
    let tasks = (0..at_once).map(|task| {
        let store = Arc::clone(&store);
        let own = count / at_once + u64::from(task < count % at_once);
        tokio::spawn(async move {
            for _ in 0..own {
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                let first = commit(&actor(format!("new-{number}")), 0);
                store.commit(Arc::new(first)).await.expect("committed");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    start.elapsed()
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let dir = tempfile::tempdir().expect("a directory");
    let store = EmbeddedStore::open(dir.path(), Options::default()).expect("opened");
    let store = Arc::new(store);

    let mut group = criterion.benchmark_group("commit");
    for size in [1_u64, 64, 512] {
        let actor = |number| actor(format!("group-{size}-{number}"));
        let actors: Vec<_> = (0..size)
            .map(|number| (actor(number), AtomicU64::new(0)))
            .collect();
        group.throughput(Throughput::Elements(size));
        group.bench_function(format!("{size} at once"), |bencher| {
            bencher
                .to_async(&runtime)
                .iter_custom(|count| rounds(&store, &actors, count));
        });
    }
    group.throughput(Throughput::Elements(1));
    group.bench_function("create, 256 at once", |bencher| {
        bencher
            .to_async(&runtime)
            .iter_custom(|count| creations(Arc::clone(&store), count, 256));
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
