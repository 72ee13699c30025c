//! Slots that move while they are written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pizza_store::{ActorStore as _, EndWrite, RetireStore as _, Retirement, Store};
use pizza_store_redis::RedisStore;
use pizza_types::{ActorId, ShardId};

use crate::cluster::{Cluster, tell};
use crate::fixture::{actors_of, alone, check, commit, connected};

/// Shard 7 is in slot 1716, which the first server has.
const SHARD: ShardId = ShardId(7);
const SLOT: u16 = 1_716;
const IN_FLIGHT: u64 = 8;
const COMMITS_MIN: u64 = 2_000;
const ROUNDS: usize = 12;
const ROUNDS_MAX: usize = 60;

/// Commits, several at a time, until it is told to stop; returns how many were taken. Each of them
/// has to be taken, and what is read between two of them has to show the first and not the second.
async fn write(
    store: Arc<RedisStore>,
    actor: ActorId,
    stop: Arc<AtomicBool>,
    done: Arc<AtomicU64>,
) -> u64 {
    let mut version = 1;
    let mut under_way = std::collections::VecDeque::new();
    while !stop.load(Ordering::Relaxed) {
        while under_way.len() < IN_FLIGHT as usize {
            let ticket = store.commit(commit(&actor, version));
            version += 1;
            let view = store.entries(&actor).expect("a view");
            under_way.push_back((version, ticket, view));
        }
        let (now, ticket, view) = under_way.pop_front().expect("under way");
        let taken = ticket.await;
        assert!(taken.is_ok(), "{actor}, version {}: {taken:?}", now - 1);
        done.fetch_add(1, Ordering::Relaxed);
        let read = view.get(&["version".into()], 100).await.expect("readable");
        let read = read[0]
            .as_deref()
            .map(|bytes| String::from_utf8_lossy(bytes));
        assert_eq!(
            read.as_deref(),
            Some(&*now.to_string()),
            "a view of {actor}"
        );
    }
    for (now, ticket, _) in under_way {
        let taken = ticket.await;
        assert!(taken.is_ok(), "{actor}, version {}: {taken:?}", now - 1);
    }
    version
}

/// So that there are tombstones: with as many of its keys there as can be, a shard goes on longest.
async fn retire_one(store: &RedisStore, actor: &ActorId) {
    let mut first = (*commit(actor, 0)).clone();
    first.ending = EndWrite::Set(1);
    store.commit(Arc::new(first)).await.expect("taken");
    let retirement = Retirement {
        actor: actor.clone(),
        version: 1,
        now_ms: 2,
    };
    let retired = store.retire(vec![retirement]).await;
    assert_eq!(retired, Ok(vec![true]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_moves_under_load() {
    let _alone = alone().await;
    let cluster = Cluster::start(false).await;
    let store = connected(&cluster.url(2)).await;
    let mut actors = actors_of(SHARD, 6);
    let gone = actors.pop().expect("an actor");
    for actor in &actors {
        store.commit(commit(actor, 0)).await.expect("taken");
    }
    retire_one(&store, &gone).await;
    let (stop, done) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let first = actors.clone();
    let writing: Vec<_> = first
        .into_iter()
        .map(|actor| {
            let (store, stop, done) = (Arc::clone(&store), Arc::clone(&stop), Arc::clone(&done));
            tokio::spawn(write(store, actor, stop, done))
        })
        .collect();
    let (begun, mut moved, mut at) = (Instant::now(), 0, 0);
    let mut rounds = 0;
    // A slow machine makes fewer commits in a round.
    while rounds < ROUNDS || (done.load(Ordering::Relaxed) < COMMITS_MIN && rounds < ROUNDS_MAX) {
        let round = rounds;
        rounds += 1;
        let to = (at + 1) % 3;
        let pause = Duration::from_millis([0, 2, 20][round % 3]);
        moved += cluster.migrate(SLOT, at, to, pause).await;
        at = to;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut taken = 0;
    for (writing, actor) in writing.into_iter().zip(&actors) {
        let versions = writing.await.expect("no wrong refusal");
        let there = check(&*store as &dyn Store, actor).await;
        assert_eq!(there, versions, "{actor}: all answered, and each once");
        taken += versions;
    }
    let took = begun.elapsed();
    println!("{rounds} moves of {moved} keys under {taken} commits in {took:.2?}");
    assert!(taken >= COMMITS_MIN, "{taken} commits");
    assert!(moved >= rounds * 6, "{moved} keys");
    let words = ["CLUSTER", "COUNTKEYSINSLOT", &SLOT.to_string()];
    for node in 0..3 {
        let keys: usize = tell(&cluster.nodes[node], &words).await;
        assert_eq!(keys > 0, node == at, "{keys} keys at {node}");
    }
}
