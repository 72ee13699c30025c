//! One-way messages: durable with the turn that sent them, in order, exactly once in effect.

use std::sync::Arc;

use pizza_store::Store;
use pizza_types::ShardSet;
use serde_json::{Value, json};

use crate::fixture::{World, actor, settle, until};
use crate::store::MoodyStore;

fn send(key: &str, note: &str, delay_ms: u64) -> Value {
    let steps = json!([{ "note": note }]).to_string();
    json!({"send": {"key": key, "steps": steps, "delayMs": delay_ms}})
}

#[tokio::test]
async fn messages_arrive_in_the_order_of_their_sender() {
    let world = World::default();
    let probes = world.silo("one").await;
    for turn in 0..10 {
        let sends: Vec<_> = (0..5)
            .map(|n| send("b", &format!("{turn}.{n}"), 0))
            .collect();
        probes.act("a", sends.into()).await;
    }
    let expected: Vec<_> = (0..10)
        .flat_map(|t| (0..5).map(move |n| format!("{t}.{n}")))
        .collect();
    assert!(until(async || probes.notes("b").await.len() == 50).await);
    assert_eq!(probes.notes("b").await, expected);
    // What was delivered leaves the store.
    let is_empty = async || {
        world.advance(100);
        (world.store.log_shards(&ShardSet::ALL).await).is_ok_and(|shards| shards.is_empty())
    };
    assert!(until(is_empty).await);
}

#[tokio::test]
async fn a_message_sent_for_later_is_not_early() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes
        .act("a", json!([send("b", "later", 5_000), send("b", "now", 0)]))
        .await;
    probes.expect_notes("b", &["now"]).await;
    world.advance(4_999);
    settle().await;
    assert_eq!(probes.notes("b").await, ["now"]);
    probes.silo.drain().await;
    let probes = world.silo("two").await;
    settle().await;
    assert_eq!(probes.notes("b").await, ["now"], "nor after a restart");
    world.advance(1);
    probes.expect_notes("b", &["now", "later"]).await;
}

#[tokio::test]
async fn a_message_committed_by_a_silo_that_died_is_delivered_once() {
    let store = MoodyStore::new();
    let world = World::on(Arc::clone(&store) as Arc<dyn Store>);
    let first = world.silo("one").await;
    first.act("a", json!([send("b", "before", 0)])).await;
    first.expect_notes("b", &["before"]).await;
    // Its commits are written, but it never hears of them: as good as dead.
    store.hold(true);
    let sends = json!([send("b", "1", 0), send("b", "2", 0)]);
    let acting = tokio::spawn(async move { first.try_act("a", sends).await });
    let shard = actor("a").shard();
    let written = async || {
        let entries = world.store.log(shard, 0, 10).await.expect("readable");
        let second = entries.iter().find(|entry| entry.version == 2);
        second.is_some_and(|entry| entry.leaving.messages.len() == 2)
    };
    assert!(until(written).await);
    acting.abort();
    store.hold(false);
    for life in ["two", "three"] {
        let probes = world.silo(life).await;
        probes.expect_notes("b", &["before", "1", "2"]).await;
    }
}

#[tokio::test]
async fn a_message_that_fails_is_tried_again_and_then_kept_aside() {
    let mut world = World::default();
    world.policy.retry.attempts_max = 3;
    let probes = world.silo("one").await;
    let trap = json!({"send": {"key": "b", "steps": r#"["trap"]"#, "delayMs": 0}});
    probes
        .act(
            "a",
            json!([trap, send("b", "after", 0), send("c", "beside", 0)]),
        )
        .await;
    probes.expect_notes("c", &["beside"]).await;
    let through = async || {
        world.advance(10_000);
        probes.notes("b").await == ["after"]
    };
    assert!(until(through).await);
    let letters = world.store.dead_letters(0, 10).await.expect("readable");
    let [letter] = &letters[..] else {
        panic!("{letters:?}");
    };
    let letter = &letter.letter;
    assert_eq!(letter.attempts, 3);
    assert_eq!(letter.envelope.target, actor("b"));
    assert_eq!(letter.envelope.caller, Some(actor("a")));
    assert!(letter.error.contains("told so"), "{}", letter.error);
}

#[tokio::test]
async fn a_message_that_is_declined_has_been_delivered() {
    let world = World::default();
    let probes = world.silo("one").await;
    let steps = json!([{"note": "void"}, {"decline": "no"}]).to_string();
    let declined = json!({"send": {"key": "b", "steps": steps, "delayMs": 0}});
    probes
        .act("a", json!([declined, send("b", "after", 0)]))
        .await;
    probes.expect_notes("b", &["after"]).await;
    assert!(
        world
            .store
            .dead_letters(0, 10)
            .await
            .expect("readable")
            .is_empty()
    );
}
