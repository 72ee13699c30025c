//! Two silos on one store: two activations may exist, two commits of one version cannot.

use pizza_types::CallError;
use serde_json::json;

use crate::fixture::{Probes, World, actor};

/// Counts once, and again while the actor has moved.
async fn count(probes: &Probes, key: &str) -> u32 {
    let mut moved = 0;
    loop {
        match probes.try_act(key, json!([])).await {
            Ok(_) => return moved,
            Err(CallError::Moved) => moved += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn an_actor_that_moved_is_taken_over_and_nothing_is_lost() {
    let world = World::default();
    let (one, two) = (world.silo("one").await, world.silo("two").await);
    let mut moved = 0;
    for _ in 0..20 {
        moved += count(&one, "a").await;
        moved += count(&two, "a").await;
    }
    assert!(moved > 0, "each finds out that the other was there");
    let record = world.store.record(&actor("a")).await;
    let record = record.expect("readable").expect("a record");
    assert_eq!(record.version, 40);
    assert_eq!(two.read("a", "read").await["count"], 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_once_too() {
    let world = World::default();
    let silos = [world.silo("one").await, world.silo("two").await];
    let counting: Vec<_> = (0..8)
        .map(|number| {
            let probes = silos[number % 2].clone();
            tokio::spawn(async move {
                for _ in 0..25 {
                    count(&probes, "a").await;
                }
            })
        })
        .collect();
    for task in counting {
        task.await.expect("a task");
    }
    // A moved call has not happened, and one that was answered has, once.
    let record = world.store.record(&actor("a")).await;
    assert_eq!(record.expect("readable").expect("a record").version, 200);
}

#[tokio::test]
async fn of_two_first_turns_one_counts() {
    let world = World::default();
    let (one, two) = (world.silo("one").await, world.silo("two").await);
    let (first, second) = tokio::join!(count(&one, "new"), count(&two, "new"));
    assert!(first + second <= 2);
    let record = world.store.record(&actor("new")).await;
    assert_eq!(record.expect("readable").expect("a record").version, 2);
}
