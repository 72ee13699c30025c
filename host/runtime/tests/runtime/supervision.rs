//! Messages that nobody waits for: when they count as failed, and when they only wait.

use pizza_store::StoredDeadLetter;
use serde_json::{Value, json};

use crate::fixture::{World, settle, until};

pub(crate) fn send(key: &str, steps: &Value) -> Value {
    json!({"send": {"key": key, "steps": steps.to_string(), "delayMs": 0}})
}

/// A world in which a message has two chances.
pub(crate) fn world() -> World {
    let mut world = World::default();
    world.policy.retry.attempts_max = 2;
    world
}

/// Waits for so many letters; back-off is by the clock.
pub(crate) async fn letters(world: &World, count: usize) -> Vec<StoredDeadLetter> {
    let read = async || world.store.dead_letters(0, 100).await.expect("readable");
    let there = async || {
        world.advance(1_000);
        read().await.len() >= count
    };
    assert!(until(there).await, "{:?}", read().await);
    read().await
}

#[tokio::test]
async fn a_message_that_always_runs_into_its_deadline_becomes_a_dead_letter() {
    let mut world = world();
    // Less than the CPU budget, so that it is the deadline that ends the turn.
    world.policy.delivery_ms = 50;
    let probes = world.silo("one").await;
    probes.act("a", json!([send("b", &json!(["spin"]))])).await;
    let letters = letters(&world, 1).await;
    assert_eq!(letters[0].letter.attempts, 2);
    let error = &letters[0].letter.error;
    assert!(error.contains("deadline"), "{error}");
}

#[tokio::test]
async fn a_message_that_only_waited_too_long_is_not_to_blame() {
    let mut world = world();
    world.policy.retry.attempts_max = 1;
    world.policy.delivery_ms = 2_000;
    let probes = world.silo("one").await;
    let spinning = tokio::spawn({
        let probes = probes.clone();
        async move { probes.try_act("b", json!(["spin"])).await }
    });
    assert!(until(async || probes.silo.stats().actors_at_work == 1).await);
    let note = json!([{"note": "patient"}]);
    probes.act("a", json!([send("b", &note)])).await;
    for _ in 0..3 {
        settle().await;
        world.advance(2_001);
    }
    assert!(spinning.await.expect("a task").is_err());
    let delivered = async || {
        world.advance(1_000);
        probes.notes("b").await == ["patient"]
    };
    assert!(until(delivered).await);
    let letters = probes.silo.dead_letters(0, 9).await.expect("readable");
    assert!(letters.is_empty(), "{letters:?}");
}
