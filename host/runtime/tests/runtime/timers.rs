//! Timers, by a clock that stands still until it is told to move.

use std::sync::Arc;

use pizza_store::Store;
use serde_json::{Value, json};

use crate::fixture::{World, settle, until};
use crate::store::{CommitFault, MoodyStore};

fn timer(name: &str, delay_ms: u64, period_ms: Option<u64>) -> Value {
    json!({"timer": {"name": name, "delayMs": delay_ms, "periodMs": period_ms}})
}

#[tokio::test]
async fn a_timer_fires_once_and_not_early() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes.act("a", json!([timer("t", 100, None)])).await;
    world.advance(99);
    settle().await;
    assert!(probes.notes("a").await.is_empty());
    world.advance(1);
    probes.expect_notes("a", &["timer t"]).await;
    world.advance(1_000);
    settle().await;
    assert_eq!(probes.notes("a").await, ["timer t"]);
}

#[tokio::test]
async fn a_periodic_timer_goes_on_until_it_is_cancelled() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes.act("a", json!([timer("t", 100, Some(50))])).await;
    let mut expected = Vec::new();
    for delay in [100, 50, 50] {
        world.advance(delay);
        expected.push("timer t");
        probes.expect_notes("a", &expected).await;
    }
    probes.act("a", json!([{"cancelTimer": "t"}])).await;
    world.advance(1_000);
    settle().await;
    assert_eq!(probes.notes("a").await, expected);
}

#[tokio::test]
async fn a_timer_set_again_replaces_the_first() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes.act("a", json!([timer("t", 100, None)])).await;
    probes.act("a", json!([timer("t", 200, None)])).await;
    world.advance(150);
    settle().await;
    assert!(probes.notes("a").await.is_empty());
    world.advance(50);
    probes.expect_notes("a", &["timer t"]).await;
}

#[tokio::test]
async fn a_timer_is_gone_with_its_silo_and_armed_again_by_activation() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes.act("a", json!([timer("t", 100, None)])).await;
    probes.act("b", json!(["wake"])).await;
    probes.silo.drain().await;

    let probes = world.silo("two").await;
    assert_eq!(probes.act("b", json!([])).await["count"], 2);
    world.advance(1_000);
    probes.expect_notes("b", &["timer wake"]).await;
    assert!(probes.notes("a").await.is_empty());
}

/// A timer has come, and there was no room for its turn.
async fn refused_for_want_of_room(store: Arc<MoodyStore>) -> (World, crate::fixture::Probes) {
    let world = World::on(Arc::clone(&store) as Arc<dyn Store>);
    let probes = world.silo("one").await;
    probes.act("a", json!([timer("t", 100, None)])).await;
    store.decide(CommitFault::Full);
    world.advance(100);
    assert!(until(async || store.full() == 1).await, "it is refused");
    settle().await;
    assert!(probes.notes("a").await.is_empty());
    (world, probes)
}

#[tokio::test]
async fn a_timer_for_which_there_is_no_room_is_tried_again() {
    for store in [MoodyStore::new(), MoodyStore::one_log()] {
        let (world, probes) = refused_for_want_of_room(Arc::clone(&store)).await;
        let pause_ms = world.policy.retry.longest_ms;
        world.advance(pause_ms);
        assert!(until(async || store.full() == 2).await, "and again");
        settle().await;
        store.decide(CommitFault::Taken);
        world.advance(pause_ms);
        probes.expect_notes("a", &["timer t"]).await;
        world.advance(2 * pause_ms);
        settle().await;
        assert_eq!(probes.notes("a").await, ["timer t"], "once");
    }
}

#[tokio::test]
async fn a_timer_that_is_tried_again_can_be_cancelled() {
    for store in [MoodyStore::new(), MoodyStore::one_log()] {
        let (world, probes) = refused_for_want_of_room(Arc::clone(&store)).await;
        store.decide(CommitFault::Taken);
        probes.act("a", json!([{"cancelTimer": "t"}])).await;
        world.advance(2 * world.policy.retry.longest_ms);
        settle().await;
        assert!(probes.notes("a").await.is_empty());
    }
}
