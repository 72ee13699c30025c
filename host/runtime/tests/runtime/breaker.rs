//! A type whose every turn fails is given a rest, and what waits for it is not lost.

use pizza_runtime::{BreakerLimits, BreakerState};
use pizza_types::CallError;
use serde_json::json;

use crate::fixture::{Probes, World, until};
use crate::supervision::send;

fn world() -> World {
    let mut world = World::default();
    world.policy.retry.attempts_max = 10;
    world.policy.breaker = BreakerLimits {
        failures_max: 3,
        window_ms: 10_000,
        open_ms: 5_000,
    };
    world
}

fn breaker(probes: &Probes) -> BreakerState {
    probes.silo.breakers()[0].1
}

async fn open(probes: &Probes) {
    for key in ["a", "b", "c"] {
        let error = probes.try_act(key, json!(["trap"])).await;
        assert!(matches!(error, Err(CallError::Failed { .. })), "{error:?}");
    }
    assert_eq!(breaker(probes), BreakerState::Open { left_ms: 5_000 });
}

#[tokio::test]
async fn while_it_is_open_nothing_is_executed() {
    let world = world();
    let probes = world.silo("one").await;
    probes.act("kept", json!([{"note": "before"}])).await;
    open(&probes).await;
    world.advance(1_000);
    let refused = probes.try_act("kept", json!([{"note": "refused"}])).await;
    let Err(CallError::Overloaded {
        what,
        retry_after_ms,
    }) = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(retry_after_ms, 4_000);
    assert!(what.contains("\"probe\""), "{what}");
    let query = probes.envelope("kept", "read", &json!({}));
    let refused = probes.deliver(query).await;
    assert!(
        matches!(refused, Err(CallError::Overloaded { .. })),
        "{refused:?}"
    );

    world.advance(4_000);
    let view = probes.act("kept", json!([])).await;
    assert_eq!(view["notes"], json!(["before"]));
    assert_eq!(breaker(&probes), BreakerState::Closed { failures: 0 });
}

#[tokio::test]
async fn a_trial_that_fails_opens_it_again() {
    let world = world();
    let probes = world.silo("one").await;
    open(&probes).await;
    world.advance(5_000);
    let error = probes.try_act("a", json!(["trap"])).await;
    assert!(matches!(error, Err(CallError::Failed { .. })), "{error:?}");
    assert_eq!(breaker(&probes), BreakerState::Open { left_ms: 5_000 });
}

#[tokio::test]
async fn one_that_declines_or_is_asked_nonsense_has_not_failed() {
    let world = world();
    let probes = world.silo("one").await;
    for _ in 0..2 {
        drop(probes.try_act("a", json!(["trap"])).await);
    }
    let nonsense = probes.try_act("a", json!(["dance"])).await;
    assert!(
        matches!(nonsense, Err(CallError::BadArguments { .. })),
        "{nonsense:?}"
    );
    assert_eq!(breaker(&probes), BreakerState::Closed { failures: 2 });
    probes
        .try_act("b", json!([{"decline": "no"}]))
        .await
        .expect("an answer");
    assert_eq!(breaker(&probes), BreakerState::Closed { failures: 0 });
}

#[tokio::test]
async fn messages_that_wait_for_it_are_delivered_and_do_not_become_dead_letters() {
    let mut world = world();
    world.policy.retry.attempts_max = 1;
    let probes = world.silo("one").await;
    let note = json!([{"note": "patient"}]);
    let later = json!({"send": {"key": "d", "steps": note.to_string(), "delayMs": 1_000}});
    probes.act("sender", json!([later])).await;
    open(&probes).await;
    // Far more tries than it has chances to fail.
    for _ in 0..100 {
        world.advance(40);
        tokio::task::yield_now().await;
    }
    assert!(matches!(breaker(&probes), BreakerState::Open { .. }));
    let there = async || {
        world.advance(500);
        probes
            .try_act("d", json!([]))
            .await
            .is_ok_and(|v| v["ok"]["notes"] == json!(["patient"]))
    };
    assert!(until(there).await);
    let letters = probes.silo.dead_letters(0, 9).await.expect("readable");
    assert!(letters.is_empty(), "{letters:?}");
}

#[tokio::test]
async fn a_message_already_in_a_mailbox_is_not_executed_either() {
    let world = world();
    let probes = world.silo("one").await;
    let begin = |key: &'static str, steps: serde_json::Value| {
        let probes = probes.clone();
        tokio::spawn(async move { probes.try_act(key, steps).await })
    };
    let spinning = begin("a", json!(["spin"]));
    assert!(until(async || probes.silo.stats().actors_at_work == 1).await);
    let waiting = begin("a", json!([{"note": "refused"}]));
    tokio::task::yield_now().await;
    for key in ["b", "c"] {
        drop(probes.try_act(key, json!(["trap"])).await);
    }
    assert!(
        spinning.await.expect("a task").is_err(),
        "the third failure"
    );
    let refused = waiting.await.expect("a task");
    assert!(
        matches!(refused, Err(CallError::Overloaded { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_poisonous_message_still_ends_as_a_dead_letter() {
    let mut world = world();
    world.policy.retry.attempts_max = 5;
    let probes = world.silo("one").await;
    probes.act("a", json!([send("b", &json!(["trap"]))])).await;
    let buried = async || {
        world.advance(1_000);
        let letters = probes.silo.dead_letters(0, 9).await.expect("readable");
        letters.len() == 1 && letters[0].letter.attempts == 5
    };
    assert!(until(buried).await);
}
