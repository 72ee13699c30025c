//! Silos that die, and silos that only seem to.

use std::time::{Duration, Instant};

use pizza_types::CallError;
use serde_json::json;

use super::fixture::Cluster;
use crate::fixture::until;

/// How long a caller may wait for the actors of a silo that died, from its death on, with other tests
/// beside it; what it takes with the machine to itself is measured with whole processes.
const AWAY_MAX: Duration = Duration::from_millis(3_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_death_of_a_silo_costs_about_a_second_and_nothing_else() {
    let cluster = Cluster::new();
    let [one, two, three] = cluster.silos(["one", "two", "three"]).await;
    let keys = two.keys(50);
    for key in &keys {
        one.probes.act(key, json!([{"note": "before"}])).await;
    }
    assert_eq!(two.probes.silo.stats().actors_in_memory, 50);
    cluster.kill(&two);
    let killed = Instant::now();
    let mut calls = Vec::new();
    for (key, number) in keys.iter().zip(0..) {
        let asked = if number % 2 == 0 { &one } else { &three };
        let (probes, key) = (asked.probes.clone(), key.clone());
        calls.push(tokio::spawn(async move {
            probes.act(&key, json!([{"note": "after"}])).await;
            killed.elapsed()
        }));
    }
    let mut longest = Duration::ZERO;
    for call in calls {
        longest = longest.max(call.await.expect("an answer"));
    }
    assert!(longest <= AWAY_MAX, "{longest:?}");
    assert!(
        longest > Duration::from_millis(500),
        "it was not dead: {longest:?}"
    );
    for key in &keys {
        assert_eq!(three.probes.notes(key).await, ["before", "after"]);
    }
    let owners = [one.me(), three.me()];
    let (_, owner) = cluster.record(&keys[0]).await.expect("a record");
    assert!(owners.contains(&&owner), "{owner}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silo_that_was_taken_for_dead_reads_nothing_old_and_writes_nothing() {
    let cluster = Cluster::new();
    let [one, two] = cluster.silos(["one", "two"]).await;
    let keys = two.keys(8);
    for key in &keys {
        two.probes.act(key, json!([{"note": "before"}])).await;
    }
    // It lives on, and is reached, but as far as the others can see it does not.
    two.stop_heartbeats();
    let left = |silos: usize| one.membership.known().view.members.len() == silos;
    assert!(until(async || left(1)).await);
    for key in &keys {
        one.probes.act(key, json!([{"note": "after"}])).await;
    }
    let now_ms = two.probes.silo.now_ms();
    assert!(!two.membership.lease().holds(now_ms));
    let (mut old_reads, mut zombie_writes) = (0, 0);
    for key in &keys {
        // Its own memory has the state of before, and its table says that it has the actor.
        let mut read = two.probes.envelope(key, "read", &json!({}));
        read.deadline_ms = two.probes.silo.now_ms() + 300;
        if two.probes.deliver(read).await.is_ok() {
            old_reads += 1;
        }
        let mut write = two.probes.acting(key, &json!([{"note": "zombie"}]));
        write.deadline_ms = two.probes.silo.now_ms() + 300;
        match two.probes.deliver(write).await {
            Ok(_) => zombie_writes += 1,
            Err(CallError::Unreachable { .. } | CallError::Deadline { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((old_reads, zombie_writes), (0, 0));
    for key in &keys {
        assert_eq!(one.probes.notes(key).await, ["before", "after"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_lease_a_query_asks_the_store_and_is_right() {
    let cluster = Cluster::new();
    let one = cluster.silo("one").await;
    let view = one.probes.act("a", json!([{"note": "x"}])).await;
    assert_eq!(view["count"], 1);
    // Nobody else is there to take it for dead: it only cannot know.
    one.stop_heartbeats();
    let is_over = async || !one.membership.lease().holds(one.probes.silo.now_ms());
    assert!(until(is_over).await);
    assert_eq!(
        one.probes.notes("a").await,
        ["x"],
        "the record is still its own"
    );
    // An actor in memory goes on writing, for the epoch guards it; it takes no other.
    one.probes.act("a", json!([{"note": "y"}])).await;
    let mut other = one.probes.acting("b", &json!([]));
    other.deadline_ms = one.probes.silo.now_ms() + 200;
    let refused = one.probes.deliver(other).await.expect_err("no lease");
    assert_eq!(refused.code(), "unreachable", "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_cut_does_nothing_and_says_so() {
    let cluster = Cluster::new();
    let [one, two] = cluster.silos(["one", "two"]).await;
    let key = two.keys(1).remove(0);
    one.probes.act(&key, json!([{"note": "before"}])).await;
    cluster.network.cut(one.me(), two.me());
    let mut call = one.probes.acting(&key, &json!([{"note": "cut"}]));
    call.deadline_ms = one.probes.silo.now_ms() + 300;
    let refused = one.probes.deliver(call).await.expect_err("no way");
    assert_eq!(refused.code(), "unreachable", "nothing was done: {refused}");
    cluster.network.mend(one.me(), two.me());
    one.probes.act(&key, json!([{"note": "after"}])).await;
    assert_eq!(one.probes.notes(&key).await, ["before", "after"]);
}
