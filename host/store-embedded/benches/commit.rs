//! Durable commits a second: a state of 320 bytes and a reply of 120 in each, in groups
//! of 1, 64 and 512 at once; and the creation of actors, a commit each. Beside it the CPU that
//! the store's own threads took for each, while all of it ran.

use std::collections::BTreeMap;
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
        ending: pizza_store::EndWrite::Keep,
    }
}

/// The CPU time of this process's threads of the store by their names, in nanoseconds.
fn store_threads() -> BTreeMap<String, u64> {
    let mut times = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task")
        .expect("Linux")
        .flatten()
    {
        let read = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let name = read("comm").trim().to_owned();
        let ran = read("schedstat");
        let ran = ran
            .split_whitespace()
            .next()
            .and_then(|ns| ns.parse::<u64>().ok());
        if name.starts_with("store-") {
            *times.entry(name).or_default() += ran.unwrap_or(0);
        }
    }
    times
}

/// Prints what the store's threads took since `before` for each of `count` commits.
#[allow(clippy::print_stderr, reason = "it is how a measurement is told")]
fn tell(name: &str, before: &BTreeMap<String, u64>, count: u64) {
    for (thread, ns) in store_threads() {
        let ns = ns - before.get(&thread).unwrap_or(&0);
        let each = ns as f64 / 1000.0 / count.max(1) as f64;
        eprintln!("{name}: {thread} {each:.2} us of CPU for each of {count} commits");
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
        let (name, before) = (format!("{size} at once"), store_threads());
        group.bench_function(&name, |bencher| {
            bencher
                .to_async(&runtime)
                .iter_custom(|count| rounds(&store, &actors, count));
        });
        let made = actors
            .iter()
            .map(|(_, version)| version.load(Ordering::Relaxed));
        tell(&name, &before, made.sum());
    }
    group.throughput(Throughput::Elements(1));
    let (name, before) = ("create, 256 at once", store_threads());
    let created = AtomicU64::new(0);
    group.bench_function(name, |bencher| {
        bencher.to_async(&runtime).iter_custom(|count| {
            created.fetch_add(count, Ordering::Relaxed);
            creations(Arc::clone(&store), count, 256)
        });
    });
    tell(name, &before, created.into_inner());
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
