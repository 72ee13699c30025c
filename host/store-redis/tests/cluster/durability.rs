//! What an acknowledged commit survives, by `appendfsync`: kill -9 of a server under load whose disk
//! takes 1.2 seconds to sync, and a start from its files. `DURABILITY_KILLS=5` for more than one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pizza_store::{ActorStore as _, CommitError, InspectionStore as _, Store};
use pizza_store_redis::{Options, RedisStore};
use pizza_types::{ActorId, Durability};

use crate::cluster::{try_tell, until};
use crate::fixture::{actors_of_every, alone, check, commit};
use crate::process::Process;
use crate::slow_disk::SlowDisk;

/// How long there is load until the server is killed, at least: longer than two syncs.
const LOAD: Duration = Duration::from_secs(3);
/// How far a sync of 1.2 seconds is when the server is killed: what it answers meanwhile with `everysec` it
/// has not written.
const INTO_A_SYNC: Duration = Duration::from_millis(800);
/// One actor in so many shards is written: 114 of them, on all connections.
const EVERY: usize = 9;
/// How many commits a kill has to follow, or it says little. With `always` all of them wait for each sync.
const ACKNOWLEDGED_MIN: u64 = 100;

/// How often a server is killed that has to lose something, at most.
const KILLS_MAX: u64 = 8;

#[derive(Default)]
struct Seen {
    acknowledged: u64,
    lost: u64,
    syncs: usize,
}

async fn connected(server: &Process) -> RedisStore {
    until("it answers", || async {
        try_tell::<String>(server, &["PING"]).await.is_ok()
    })
    .await;
    let options = Options::at(format!("redis://{}/", server.address()));
    RedisStore::connect(&options).await.expect("connected")
}

#[derive(Default)]
struct Load {
    acknowledged: AtomicU64,
    is_killed: AtomicBool,
}

/// Commits until the server is killed; returns how many were acknowledged. One that was not taken, or that is
/// in doubt, because a connection took as long as a sync, is tried again from what the store has.
async fn write(store: Arc<RedisStore>, actor: ActorId, load: Arc<Load>) -> u64 {
    let mut version = 0;
    loop {
        match store.commit(commit(&actor, version)).await {
            Ok(_) => {
                version += 1;
                load.acknowledged.fetch_add(1, Ordering::SeqCst);
            }
            Err(_) if load.is_killed.load(Ordering::SeqCst) => return version,
            Err(error) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                if !matches!(error, CommitError::Refused { .. })
                    && let Ok(Some(record)) = store.record(&actor).await
                {
                    version = record.version;
                }
            }
        }
    }
}

/// One kill. What is lost is counted, and what is left has to be whole.
async fn kill(appendfsync: &str, named: Durability, longer: Duration) -> Seen {
    let disk = SlowDisk::new();
    let files = disk.files();
    let files = files.to_str().expect("a path in UTF-8");
    let settings = ["--dir", files, "--appendonly", "yes"];
    let settings = [&settings[..], &["--appendfsync", appendfsync]].concat();
    let server = Process::start_as(&disk.server(), &settings);
    let store = Arc::new(connected(&server).await);
    assert_eq!(store.durability(), named, "what {appendfsync} is named");
    let actors = actors_of_every(EVERY);
    let (before, load) = (disk.syncs(), Arc::new(Load::default()));
    let writing = actors.iter().map(|actor| {
        let (store, load) = (Arc::clone(&store), Arc::clone(&load));
        tokio::spawn(write(store, actor.clone(), load))
    });
    let writing: Vec<_> = writing.collect();
    tokio::time::sleep(LOAD + longer).await;
    let acknowledged = || load.acknowledged.load(Ordering::SeqCst);
    until("enough is acknowledged", || async {
        acknowledged() >= ACKNOWLEDGED_MIN
    })
    .await;
    if appendfsync != "no" {
        let syncs = disk.syncs();
        until("a sync begins", || async { disk.syncs() > syncs }).await;
        tokio::time::sleep(INTO_A_SYNC).await;
    }
    load.is_killed.store(true, Ordering::SeqCst);
    server.signal("-KILL");
    let mut seen = Seen {
        syncs: disk.syncs() - before,
        ..Seen::default()
    };
    drop(server);
    let mut acknowledged = Vec::new();
    for writing in writing {
        acknowledged.push(writing.await.expect("no panic"));
    }
    let server = Process::start(&settings);
    let store = connected(&server).await;
    for (actor, acknowledged) in actors.iter().zip(acknowledged) {
        let record = store.record(actor).await.expect("readable");
        let there = match record {
            Some(_) => check(&store as &dyn Store, actor).await,
            None => 0,
        };
        seen.acknowledged += acknowledged;
        seen.lost += acknowledged.saturating_sub(there);
    }
    seen
}

/// As many kills as are asked for; where something has to be lost, until it is. A busy machine may kill a
/// server when its sync has just ended.
async fn kills(appendfsync: &str, named: Durability) -> Seen {
    let _alone = alone().await;
    let mut kills = std::env::var("DURABILITY_KILLS").map_or(1, |n| n.parse().expect("a number"));
    let has_to_lose = named == Durability::Memory;
    let mut sum = Seen::default();
    let mut number = 0;
    while number < kills {
        // At another moment each time.
        let longer = Duration::from_millis(number * 370 % 1_300);
        let seen = kill(appendfsync, named, longer).await;
        sum.acknowledged += seen.acknowledged;
        sum.lost += seen.lost;
        sum.syncs += seen.syncs;
        number += 1;
        if has_to_lose && sum.lost == 0 {
            kills = kills.max((number + 1).min(KILLS_MAX));
        }
    }
    println!(
        "appendfsync {appendfsync}, {named:?}: {} of {} acknowledged commits lost in {kills} kills, \
         {} slow syncs",
        sum.lost, sum.acknowledged, sum.syncs
    );
    assert!(sum.acknowledged >= kills * ACKNOWLEDGED_MIN, "little load");
    sum
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn always_loses_nothing() {
    let seen = kills("always", Durability::Fsync).await;
    assert_eq!(seen.lost, 0);
    assert!(seen.syncs >= 2, "the disk was not slow");
}

/// That something is lost shows that the other two tests would see it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everysec_loses_what_it_has_acknowledged_and_is_named_memory() {
    let seen = kills("everysec", Durability::Memory).await;
    assert!(seen.lost > 0, "nothing was lost: this finds no loss at all");
    assert!(seen.syncs >= 2, "the disk was not slow");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_loses_nothing_when_the_process_is_killed() {
    let seen = kills("no", Durability::Process).await;
    assert_eq!(seen.lost, 0);
}
