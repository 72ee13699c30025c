//! What is acknowledged when replicas have to have it: nothing that a failover loses, and nothing at all while
//! they do not have it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pizza_store::{ActorStore as _, CommitError, InspectionStore as _, LogStore as _, Store};
use pizza_store_redis::{Options, RedisStore};
use pizza_types::{ActorId, Durability, ShardId};

use crate::cluster::{Cluster, says, tell, until};
use crate::fixture::{Settled, actors_of, actors_of_every, alone, commit, options, settle};

/// How many commits a failover has to follow, or it says little.
const ACKNOWLEDGED_MIN: u64 = 2_000;

/// Without, a server is not named more for its replicas.
const ON_DISK: [&str; 6] = [
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--cluster-require-full-coverage",
    "no",
];

async fn connected(cluster: &Cluster, replicas: u8) -> Arc<RedisStore> {
    let options = Options {
        replicas,
        ..options(&cluster.url(1))
    };
    Arc::new(RedisStore::connect(&options).await.expect("connected"))
}

/// Commits on and on, and counts what was acknowledged at once. What became of a commit without an answer is
/// asked before the next one.
async fn write(
    store: Arc<RedisStore>,
    actor: ActorId,
    acknowledged: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> (ActorId, u64) {
    let mut version = 0;
    while !stop.load(Ordering::Relaxed) {
        let commit = commit(&actor, version);
        let outcome = store.commit(Arc::clone(&commit)).await;
        if let Ok(committed) = &outcome {
            assert_eq!(committed.durability, Durability::Replicated(1));
        }
        let settled = settle(&*store as &dyn Store, &commit, outcome.map(drop)).await;
        if settled == Settled::Done {
            version += 1;
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }
    (actor, version)
}

/// How many commits of an actor are there, as soon as the others have heard who has its shard now.
async fn there(store: &RedisStore, actor: &ActorId) -> u64 {
    let begun = Instant::now();
    loop {
        match store.record(actor).await {
            Ok(record) => return record.map_or(0, |record| record.version),
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(30), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_killed_takes_nothing_that_was_acknowledged_with_it() {
    let _alone = alone().await;
    let cluster = Cluster::start_with(true, &ON_DISK).await;
    let store = connected(&cluster, 1).await;
    let (count, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
    let writing = actors_of_every(16).into_iter().map(|actor| {
        let (store, count, stop) = (Arc::clone(&store), Arc::clone(&count), Arc::clone(&stop));
        tokio::spawn(write(store, actor, count, stop))
    });
    let writing: Vec<_> = writing.collect();
    let is_enough = || async { count.load(Ordering::Relaxed) >= ACKNOWLEDGED_MIN };
    until("enough is acknowledged", is_enough).await;
    cluster.nodes[0].signal("-KILL");
    until("the replica takes over", || {
        says(&cluster.nodes[3], &["INFO", "replication"], "role:master")
    })
    .await;
    stop.store(true, Ordering::Relaxed);
    let fresh = connected(&cluster, 0).await;
    let mut lost = Vec::new();
    for writing in writing {
        let (actor, acknowledged) = writing.await.expect("no wrong refusal");
        let there = there(&fresh, &actor).await;
        if there < acknowledged {
            lost.push((actor, acknowledged, there));
        }
    }
    assert!(lost.is_empty(), "{lost:?}");
}

/// An actor on the first primary, or on another one.
async fn one_of(cluster: &Cluster, first: bool) -> ActorId {
    for shard in (0..64).map(ShardId) {
        let key = format!("{{{}}}:c", shard.0);
        let slot: u16 = tell(&cluster.nodes[1], &["CLUSTER", "KEYSLOT", &key]).await;
        if (slot <= 5_460) == first {
            return actors_of(shard, 1).remove(0);
        }
    }
    panic!("64 shards are on several primaries");
}

/// The loss is made certain: the replica is cut off, and then the primary dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failover_loses_was_acknowledged_only_where_no_replica_has_to_have_it() {
    let _alone = alone().await;
    let cluster = Cluster::start_with(true, &ON_DISK).await;
    let (careless, careful) = (connected(&cluster, 0).await, connected(&cluster, 1).await);
    let (of_careless, of_careful) = {
        let shard = one_of(&cluster, true).await.shard();
        let mut actors = actors_of(shard, 2).into_iter();
        (actors.next().expect("one"), actors.next().expect("another"))
    };
    careless
        .commit(commit(&of_careless, 0))
        .await
        .expect("taken");
    careful.commit(commit(&of_careful, 0)).await.expect("taken");
    let (primary, replica) = (&cluster.nodes[0], &cluster.nodes[3]);
    replica.signal("-STOP");
    // What is on its way would still arrive.
    let () = tell(primary, &["CLIENT", "KILL", "TYPE", "replica"]).await;
    careless
        .commit(commit(&of_careless, 1))
        .await
        .expect("taken");
    let unknown = careful.commit(commit(&of_careful, 1)).await;
    assert!(
        matches!(unknown, Err(CommitError::Unknown { .. })),
        "{unknown:?}"
    );
    primary.signal("-KILL");
    replica.signal("-CONT");
    until("the replica takes over", || {
        says(replica, &["INFO", "replication"], "role:master")
    })
    .await;
    let fresh = connected(&cluster, 0).await;
    let careless = there(&fresh, &of_careless).await;
    assert_eq!(careless, 1, "of 2 that were acknowledged");
    let careful = there(&fresh, &of_careful).await;
    assert_eq!(careful, 1, "of 1 that was acknowledged");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_while_a_replica_hangs() {
    let _alone = alone().await;
    let cluster = Cluster::start_with(true, &ON_DISK).await;
    let store = connected(&cluster, 1).await;
    assert_eq!(store.durability(), Durability::Replicated(1));
    let (own, other) = (one_of(&cluster, true).await, one_of(&cluster, false).await);
    for actor in [&own, &other] {
        store.commit(commit(actor, 0)).await.expect("taken");
    }
    cluster.nodes[3].signal("-STOP");
    let begun = Instant::now();
    let first = store.commit(commit(&own, 1)).await;
    let Err(CommitError::Unknown { detail }) = first else {
        panic!("{first:?}");
    };
    assert!(detail.contains("0 replicas"), "{detail}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{begun:?}");
    // What it wrote is there, but whoever asks again is not told so.
    let again = store.commit(commit(&own, 1)).await;
    assert!(
        matches!(again, Err(CommitError::Unknown { .. })),
        "{again:?}"
    );
    // Nor does what it leaves get away: whoever guards the shard reads nothing that no replica has.
    let left = store.log(own.shard(), 0, 10).await;
    assert!(left.is_err(), "{left:?}");
    store.commit(commit(&other, 1)).await.expect("taken");
    cluster.nodes[3].signal("-CONT");
    let settled = settle(&*store as &dyn Store, &commit(&own, 1), again.map(drop)).await;
    assert_eq!(settled, Settled::Done);
    store.commit(commit(&own, 2)).await.expect("taken");
}
