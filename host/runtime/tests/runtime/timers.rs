//! Timers, by a clock that stands still until it is told to move.

use serde_json::{Value, json};

use crate::fixture::{World, settle};

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
