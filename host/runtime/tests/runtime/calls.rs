//! Calls between actors: cycles, depth, deadlines.

use std::time::{Duration, Instant};

use pizza_types::CallError;
use serde_json::json;

use crate::fixture::{World, parsed, until};

fn ask(key: &str, steps: &serde_json::Value) -> serde_json::Value {
    json!({"ask": {"key": key, "steps": steps.to_string()}})
}

#[tokio::test]
async fn an_actor_asks_another() {
    let probes = World::default().silo("one").await;
    let view = probes
        .act("a", json!([ask("b", &json!([{"note": "hello"}]))]))
        .await;
    assert_eq!(view["notes"], json!(["answer 1"]));
    assert_eq!(probes.notes("b").await, ["hello"]);
}

#[tokio::test]
async fn a_cycle_is_refused_at_once_and_spelled_out() {
    let probes = World::default().silo("one").await;
    probes.act("warm", json!([])).await;
    let started = Instant::now();
    let answer = probes
        .deliver(probes.envelope("a", "relay", &json!([["b", "a"]])))
        .await;
    let took = started.elapsed();
    let answer = parsed(&answer.expect("an answer"));
    let refusal = answer["err"].as_str().expect("declined").to_owned();
    assert!(
        refusal.contains("probe/a -> probe/b -> probe/a"),
        "{refusal}"
    );
    assert!(took < Duration::from_millis(10), "{took:?}");
    // Nobody waits for anybody any more.
    assert_eq!(probes.act("a", json!([])).await["count"], 1);
}

#[tokio::test]
async fn an_actor_that_asks_itself_is_a_cycle() {
    let probes = World::default().silo("one").await;
    let view = probes.act("a", json!([ask("a", &json!([]))])).await;
    let note = view["notes"][0].as_str().expect("a note");
    assert!(note.contains("probe/a -> probe/a"), "{note}");
}

#[tokio::test]
async fn a_chain_has_a_greatest_depth() {
    let probes = World::default().silo("one").await;
    let keys = |count: usize| (1..=count).map(|n| format!("k{n}")).collect::<Vec<_>>();
    let fits = probes.envelope("k0", "relay", &json!([keys(16)]));
    let answer = parsed(&probes.deliver(fits).await.expect("an answer"));
    assert_eq!(answer["ok"]["count"], 1, "{answer}");
    let deeper = probes.envelope("k0", "relay", &json!([keys(17)]));
    let answer = parsed(&probes.deliver(deeper).await.expect("an answer"));
    let refusal = answer["err"].as_str().expect("declined");
    assert!(refusal.contains("17 deep"), "{refusal}");
}

#[tokio::test]
async fn a_call_past_its_deadline_is_never_executed() {
    let world = World::default();
    let probes = world.silo("one").await;
    let mut late = probes.acting("a", &json!([{"note": "late"}]));
    late.deadline_ms = probes.silo.now_ms() - 1;
    let error = probes.deliver(late).await.expect_err("too late");
    assert!(matches!(error, CallError::Deadline { .. }), "{error:?}");
    assert!(probes.notes("a").await.is_empty());
}

#[tokio::test]
async fn a_call_whose_deadline_passes_in_the_mailbox_is_never_executed() {
    let world = World::default();
    let probes = world.silo("one").await;
    // The first turn holds the mailbox up for as long as its CPU budget lasts.
    let spinning = tokio::spawn({
        let probes = probes.clone();
        async move { probes.try_act("a", json!(["spin"])).await }
    });
    assert!(until(async || probes.silo.stats().actors_at_work == 1).await);
    let mut waiting = probes.acting("a", &json!([{"note": "late"}]));
    waiting.deadline_ms = probes.silo.now_ms() + 5;
    let delivered = tokio::spawn({
        let probes = probes.clone();
        async move { probes.deliver(waiting).await }
    });
    tokio::task::yield_now().await;
    world.advance(6);
    let error = delivered.await.expect("a task").expect_err("too late");
    assert!(matches!(error, CallError::Deadline { .. }), "{error:?}");
    assert!(spinning.await.expect("a task").is_err());
    assert!(probes.notes("a").await.is_empty());
}

#[tokio::test]
async fn a_deadline_is_inherited() {
    let world = World::default();
    let probes = world.silo("one").await;
    let mut first = probes.acting("a", &json!([ask("b", &json!(["spin"]))]));
    first.deadline_ms = probes.silo.now_ms() + 100;
    let started = Instant::now();
    let error = probes.deliver(first).await.expect_err("too late");
    // The one who is asked has no more time than the one who asks.
    assert!(
        started.elapsed() < Duration::from_millis(450),
        "{:?}",
        started.elapsed()
    );
    assert!(error.to_string().contains("deadline"), "{error}");
}

#[tokio::test]
async fn an_answer_is_waited_for_no_longer_than_its_type_says() {
    let mut world = World::default();
    world.policy.answer_ms = Some(100);
    let probes = world.silo("one").await;
    let started = Instant::now();
    // Whoever asks has half a minute, and goes on without the answer.
    let view = probes.act("a", json!([ask("b", &json!(["spin"]))])).await;
    assert!(
        started.elapsed() < Duration::from_millis(450),
        "{:?}",
        started.elapsed()
    );
    let why = view["notes"][0].as_str().expect("a note");
    assert!(why.to_lowercase().contains("deadline"), "{why}");
}
