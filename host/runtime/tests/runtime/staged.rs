//! One log: an actor goes on from another one's staged answer, and nothing leaves the silo before
//! all that it stands on is durable.

use std::sync::Arc;

use pizza_store::{InspectionStore, Store};
use pizza_types::{CallError, Durability};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::fixture::{Probes, World, actor, message, settle, until};
use crate::store::{CommitFault, MoodyStore};

async fn one_log() -> (World, Arc<MoodyStore>, Probes) {
    let store = MoodyStore::one_log();
    let world = World::on(Arc::clone(&store) as Arc<dyn Store>);
    let probes = world.silo("one").await;
    (world, store, probes)
}

fn begin(probes: &Probes, key: &'static str, steps: Value) -> JoinHandle<Result<Value, CallError>> {
    let probes = probes.clone();
    tokio::spawn(async move { probes.try_act(key, steps).await })
}

fn ask(key: &str) -> Value {
    json!({"ask": {"key": key, "steps": r#"[{"note":"asked"}]"#}})
}

/// Waits until so many commits of the actor are staged.
async fn staged(store: &MoodyStore, key: &str, version: u64) {
    let is_there = async || {
        let record = store.record(&actor(key)).await.expect("readable");
        record.is_some_and(|record| record.version == version)
    };
    assert!(until(is_there).await, "{version} commits of {key}");
}

#[tokio::test]
async fn an_actor_goes_on_from_a_staged_answer() {
    let (_world, store, probes) = one_log().await;
    store.hold(true);
    let asking = json!([ask("b"), ask("c"), {"note": "went on"}]);
    let acting = begin(&probes, "a", asking);
    // Both whom it asks, and itself: no commit is durable meanwhile.
    for key in ["b", "c", "a"] {
        staged(&store, key, 1).await;
    }
    settle().await;
    assert!(!acting.is_finished(), "the answer waits");
    store.hold(false);
    let view = acting.await.expect("a task").expect("an answer");
    let notes = json!(["answer 1", "answer 1", "went on"]);
    assert_eq!(view["ok"]["notes"], notes);
}

#[tokio::test]
async fn whole_chains_are_staged_at_once_and_answered_when_durable() {
    let (_world, store, probes) = one_log().await;
    store.hold(true);
    let chain = probes.envelope("k0", "relay", &json!([["k1", "k2", "k3"]]));
    let relaying = tokio::spawn({
        let probes = probes.clone();
        async move { probes.deliver(chain).await }
    });
    staged(&store, "k0", 1).await;
    settle().await;
    assert!(!relaying.is_finished());
    store.hold(false);
    let reply = relaying.await.expect("a task").expect("an answer");
    assert_eq!(reply.durability, Durability::Memory, "what the store names");
}

/// What fails after it has asked somebody may tell of what that one has staged.
#[tokio::test]
async fn an_error_waits_for_what_it_may_stand_on() {
    let (_world, store, probes) = one_log().await;
    store.hold(true);
    let failing = begin(&probes, "a", json!([ask("b"), "trap"]));
    staged(&store, "b", 1).await;
    settle().await;
    assert!(!failing.is_finished(), "the error waits");
    // For what it may stand on, and not for what is staged behind it.
    assert_eq!(store.tails(), 1);
    store.hold(false);
    let error = failing.await.expect("a task").expect_err("it traps");
    assert!(matches!(error, CallError::Failed { .. }), "{error:?}");
}

/// A query of an actor at rest reads what is durable, and asks one for what is not.
#[tokio::test]
async fn a_query_waits_for_what_it_was_told() {
    let (_world, store, probes) = one_log().await;
    store.hold(true);
    let acting = begin(&probes, "b", json!([{"note": "not durable"}]));
    staged(&store, "b", 1).await;
    let envelope = probes.envelope("a", "peek", &json!({"key": "b"}));
    let peeking = tokio::spawn({
        let probes = probes.clone();
        async move { probes.deliver(envelope).await }
    });
    settle().await;
    assert!(!peeking.is_finished(), "it tells of what is not durable");
    store.hold(false);
    let reply = peeking.await.expect("a task").expect("an answer");
    let told = String::from_utf8_lossy(&reply.body);
    assert!(told.contains("not durable"), "{told}");
    acting.await.expect("a task").expect("an answer");
}

/// Nobody outside hears of what the log has lost, whichever way it would be told.
#[tokio::test]
async fn what_the_log_loses_nobody_was_told() {
    let (_world, store, probes) = one_log().await;
    store.hold(true);
    let acting = begin(&probes, "a", json!([ask("b")]));
    let failing = begin(&probes, "c", json!([ask("d"), "trap"]));
    staged(&store, "a", 1).await;
    staged(&store, "d", 1).await;
    settle().await;
    store.fail();
    let error = acting.await.expect("a task").expect_err("lost");
    assert!(matches!(error, CallError::Unknown { .. }), "{error:?}");
    let error = failing.await.expect("a task").expect_err("lost");
    assert!(matches!(error, CallError::Store { .. }), "{error:?}");
}

/// Refused when it was to be staged: the turn never was, and those behind it run on what was.
#[tokio::test]
async fn a_refused_turn_leaves_the_actor_as_it_was() {
    let (_world, store, probes) = one_log().await;
    probes.act("a", json!([{"note": "before"}])).await;
    store.decide(CommitFault::Refused);
    let refused = probes.try_act("a", json!([{"note": "refused"}])).await;
    let error = refused.expect_err("refused");
    assert!(matches!(error, CallError::Store { .. }), "{error:?}");
    store.decide(CommitFault::Taken);
    let view = probes.act("a", json!([{"note": "after"}])).await;
    assert_eq!(view["notes"], json!(["before", "after"]));
    assert_eq!(view["count"], 2);
}

/// A repeat is found out when it is to be staged, and answered from before.
#[tokio::test]
async fn a_repeat_is_answered_from_before() {
    let (_world, store, probes) = one_log().await;
    let mut once = probes.acting("a", &json!([{"note": "once"}]));
    once.id = message("once");
    let first = probes.deliver(once.clone()).await.expect("an answer");
    store.hold(true);
    let behind = begin(&probes, "a", json!([{"note": "behind"}]));
    staged(&store, "a", 2).await;
    let again = tokio::spawn({
        let probes = probes.clone();
        async move { probes.deliver(once).await }
    });
    settle().await;
    assert!(!again.is_finished(), "it comes behind what is not durable");
    store.hold(false);
    let again = again.await.expect("a task").expect("an answer");
    assert!(again.replayed);
    assert_eq!(again.body, first.body);
    behind.await.expect("a task").expect("an answer");
    assert_eq!(probes.notes("a").await, ["once", "behind"]);
}
