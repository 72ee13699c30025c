//! What a silo does when there is too much of something.

use std::time::{Duration, Instant};

use pizza_types::CallError;
use serde_json::json;

use crate::fixture::{World, until};

#[tokio::test]
async fn a_full_mailbox_says_so() {
    let mut world = World::default();
    world.policy.mailbox_max = 3;
    let probes = world.silo("one").await;
    let begin = |steps: serde_json::Value| {
        let probes = probes.clone();
        tokio::spawn(async move { probes.try_act("a", steps).await })
    };
    let spinning = begin(json!(["spin"]));
    assert!(until(async || probes.silo.stats().actors_at_work == 1).await);
    let answers: Vec<_> = (0..10).map(|_| begin(json!([]))).collect();
    let (mut taken, mut shed) = (0, 0);
    for answer in answers {
        match answer.await.expect("a task") {
            Ok(_) => taken += 1,
            Err(CallError::Overloaded { retry_after_ms, .. }) => {
                assert!(retry_after_ms > 0);
                shed += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((taken, shed), (3, 7));
    assert!(spinning.await.expect("a task").is_err());
    assert_eq!(probes.act("a", json!([])).await["count"], 4);
}

#[tokio::test]
async fn an_idle_actor_leaves_memory_and_comes_back() {
    let mut world = World::default();
    world.policy.idle_ms = 60_000;
    let probes = world.silo("one").await;
    probes
        .act(
            "a",
            json!([{"note": "kept"}, {"row": {"key": "r", "value": "1"}}]),
        )
        .await;
    assert_eq!(probes.silo.stats().actors_in_memory, 1);
    let evicted = async || {
        world.advance(10_000);
        probes.silo.stats().actors_in_memory == 0
    };
    assert!(until(evicted).await);
    let record = world.store.record(&crate::fixture::actor("a")).await;
    assert_eq!(record.expect("readable").expect("a record").epoch, 1);
    assert_eq!(probes.notes("a").await, ["kept"]);
    assert_eq!(probes.read("a", "rows").await, json!(["r=1"]));
}

#[tokio::test]
async fn above_the_memory_budget_the_least_used_leave_first() {
    let mut world = World::default();
    world.settings.memory_bytes_max = 50_000;
    let probes = world.silo("one").await;
    for number in 0..10 {
        probes
            .act(&format!("k{number}"), json!([{"fill": 10_000}]))
            .await;
        world.advance(1);
    }
    let within = async || {
        world.advance(10_000);
        probes.silo.stats().actors_in_memory == 4
    };
    assert!(until(within).await, "{:?}", probes.silo.stats());
    assert_eq!(probes.act("k0", json!([])).await["count"], 2);
}

#[tokio::test]
async fn a_query_answers_beside_a_turn_that_waits() {
    let probes = World::default().silo("one").await;
    probes.act("a", json!([{"note": "before"}])).await;
    let ask = json!({"ask": {"key": "b", "steps": r#"["spin"]"#}});
    let waiting = tokio::spawn({
        let probes = probes.clone();
        async move { probes.act("a", json!([{"note": "staged"}, ask])).await }
    });
    assert!(until(async || probes.silo.stats().actors_at_work == 2).await);
    let started = Instant::now();
    assert_eq!(probes.notes("a").await, ["before"]);
    assert!(
        started.elapsed() < Duration::from_millis(300),
        "{:?}",
        started.elapsed()
    );
    assert!(!waiting.is_finished());
    let view = waiting.await.expect("a task");
    assert_eq!(view["notes"][1], "staged");
}

#[tokio::test]
async fn a_draining_silo_ends_what_it_began_and_takes_nothing_new() {
    let world = World::default();
    let probes = world.silo("one").await;
    let turns: Vec<_> = (0..5)
        .map(|number| {
            let probes = probes.clone();
            tokio::spawn(async move { probes.try_act(&format!("k{number}"), json!([])).await })
        })
        .collect();
    assert!(until(async || probes.silo.stats().actors_in_memory == 5).await);
    probes.silo.drain().await;
    for turn in turns {
        assert_eq!(
            turn.await.expect("a task").expect("an answer")["ok"]["count"],
            1
        );
    }
    let error = probes.try_act("a", json!([])).await.expect_err("refused");
    assert_eq!(error, CallError::ShuttingDown);
}
