//! Actors change their silo while both live.

use std::time::{Duration, Instant};

use serde_json::json;

use super::fixture::Cluster;
use crate::fixture::until;

const ACTORS: usize = 40;

/// How long whoever asks may wait for an actor whose silo drains: far less than until that has left.
const MOVE_MAX: Duration = Duration::from_secs(2);

fn keys() -> Vec<String> {
    (0..ACTORS).map(|n| format!("k{n}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actors_move_to_a_silo_that_has_joined_and_forget_nothing() {
    let cluster = Cluster::new();
    let one = cluster.silo("one").await;
    for key in keys() {
        one.probes.act(&key, json!([{"note": "before"}])).await;
    }
    let two = cluster.silo("two").await;
    let knows = async || one.knows(2);
    assert!(until(knows).await);
    let away = two.keys(10);
    assert!(away.iter().all(|key| keys().contains(key)), "{away:?}");
    let misplaced = async || {
        let loads = one.probes.silo.loads().await;
        loads
            .iter()
            .map(|(_, load)| load.map_or(ACTORS, |load| load.misplaced))
            .sum::<usize>()
    };
    assert!(until(async || misplaced().await == 0).await);
    for key in &away {
        one.probes.act(key, json!([{"note": "after"}])).await;
        let (_, owner) = cluster.record(key).await.expect("a record");
        assert_eq!(owner, *two.me(), "{key}");
        assert_eq!(two.probes.notes(key).await, ["before", "after"], "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_actor_moves_by_itself_before_it_may_and_an_operator_may_say_so() {
    let cluster = Cluster {
        moves_per_second: 0,
        ..Cluster::new()
    };
    let one = cluster.silo("one").await;
    for key in keys() {
        one.probes.act(&key, json!([{"note": "before"}])).await;
    }
    let two = cluster.silo("two").await;
    let knows = async || one.knows(2);
    assert!(until(knows).await);
    let away = two.keys(10);
    for key in &away {
        two.probes.act(key, json!([{"note": "after"}])).await;
        let (_, owner) = cluster.record(key).await.expect("a record");
        assert_eq!(owner, *one.me(), "{key}");
    }
    assert!(two.probes.silo.rebalance(one.me(), 1_000).await);
    for key in &away {
        let has_moved = async || {
            two.probes.act(key, json!([])).await;
            cluster
                .record(key)
                .await
                .is_some_and(|(_, owner)| owner == *two.me())
        };
        assert!(until(has_moved).await, "{key}");
        assert_eq!(two.probes.notes(key).await, ["before", "after"], "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_for_an_actor_of_a_silo_that_drains_does_not_wait_for_its_end() {
    let cluster = Cluster::new();
    let [one, two] = cluster.silos(["one", "two"]).await;
    let of_one = one.keys(10);
    for key in &of_one {
        one.probes.act(key, json!([{"note": "before"}])).await;
    }
    let store = &*cluster.store;
    let leaving = pizza_store::MemberState::Leaving;
    let marked = one.probes.silo.mark(store, one.me(), leaving).await;
    marked.expect("the view is changed");
    // It is still a member when this returns: it leaves the view last.
    one.probes.silo.drain().await;
    let begun = Instant::now();
    for key in &of_one {
        two.probes.act(key, json!([{"note": "after"}])).await;
        let (_, owner) = cluster.record(key).await.expect("a record");
        assert_eq!(owner, *two.me(), "{key}");
        assert_eq!(two.probes.notes(key).await, ["before", "after"], "{key}");
    }
    let took = begun.elapsed();
    assert!(took <= MOVE_MAX, "{took:?}");
    assert!(two.membership.known().view.members.contains_key(one.me()));
}
