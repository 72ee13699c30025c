//! A primary that sentinels watch, and its replica.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pizza_store::{ActorStore as _, Store};

use crate::cluster::{says, try_tell, until};
use crate::fixture::{Settled, actor, alone, commit, connected, settle};
use crate::process::Process;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_primary_is_asked_for() {
    let _alone = alone().await;
    let primary = Process::start(&["--appendonly", "no"]);
    let of_it = ["127.0.0.1", &primary.port.to_string()].map(ToOwned::to_owned);
    let replica = Process::start(&[
        "--repl-diskless-sync-delay",
        "0",
        "--replicaof",
        &of_it[0],
        &of_it[1],
    ]);
    until("it replicates", || {
        says(&replica, &["INFO", "replication"], "master_link_status:up")
    })
    .await;
    let sentinels: Vec<Process> = (0..3).map(|_| Process::sentinel(primary.port)).collect();
    for sentinel in &sentinels {
        until("all know each other and the replica", || async {
            let words = ["SENTINEL", "CKQUORUM", "main"];
            let told = try_tell::<String>(sentinel, &words).await;
            told.is_ok_and(|told| told.contains("OK 3"))
                && says(sentinel, &["INFO", "sentinel"], "slaves=1,sentinels=3").await
        })
        .await;
    }
    let names: Vec<String> = sentinels.iter().map(Process::address).collect();
    let store = connected(&format!(
        "redis+sentinel://127.0.0.1:1,{}/main",
        names.join(",")
    ))
    .await;
    let id = actor("a");
    let commit_one = |version| {
        let store = Arc::clone(&store);
        let commit = commit(&id, version);
        async move {
            let outcome = store.commit(Arc::clone(&commit)).await.map(drop);
            settle(&*store as &dyn Store, &commit, outcome).await
        }
    };
    for version in 0..20 {
        assert_eq!(commit_one(version).await, Settled::Done);
    }
    let counters = format!("{{{}}}:c", id.shard().0);
    let all = ["HGET", &counters, "commits"];
    until("it has all", || says(&replica, &all, "20")).await;
    primary.signal("-KILL");
    let died = Instant::now();
    let (mut failed, mut outcome) = (0, commit_one(20).await);
    while outcome != Settled::Done {
        assert!(died.elapsed() < Duration::from_secs(30), "{outcome:?}");
        failed += 1;
        outcome = commit_one(20).await;
    }
    println!(
        "first commit {:.2?} after the primary was killed, {failed} failed",
        died.elapsed()
    );
    assert!(failed > 0, "it was the primary");
    assert!(says(&replica, &["INFO", "replication"], "role:master").await);
    let record = pizza_store::InspectionStore::record(&*store, &id).await;
    assert_eq!(record.expect("readable").expect("there").version, 21);
}
