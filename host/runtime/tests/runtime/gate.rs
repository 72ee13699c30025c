//! Nothing leaves before it is durable.

use std::sync::Arc;

use pizza_store::{InspectionStore, RetireStore, Retirement, Store};
use pizza_types::CallError;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::fixture::{Probes, World, actor, message, settle, until};
use crate::store::{CommitFault, MoodyStore};

fn moody() -> (World, Arc<MoodyStore>) {
    on(MoodyStore::new())
}

fn on(store: Arc<MoodyStore>) -> (World, Arc<MoodyStore>) {
    (World::on(Arc::clone(&store) as Arc<dyn Store>), store)
}

fn begin(probes: &Probes, key: &'static str, steps: Value) -> JoinHandle<Result<Value, CallError>> {
    let probes = probes.clone();
    tokio::spawn(async move { probes.try_act(key, steps).await })
}

fn send(key: &str) -> Value {
    json!({"send": {"key": key, "steps": r#"[{"note":"sent"}]"#, "delayMs": 0}})
}

fn publish(key: &str) -> Value {
    json!({"publish": {"stream": "probe-events", "key": key, "payload": "told"}})
}

#[tokio::test]
async fn nothing_leaves_before_its_commit() {
    for store in [MoodyStore::new(), MoodyStore::one_log()] {
        nothing_leaves(store).await;
    }
}

async fn nothing_leaves(store: Arc<MoodyStore>) {
    let (world, store) = on(store);
    let probes = world.silo("one").await;
    store.hold(true);
    let acting = begin(
        &probes,
        "a",
        json!([{"note": "x"}, send("b"), publish("c")]),
    );
    settle().await;
    assert!(!acting.is_finished(), "the reply waits");
    let query = begin_query(&probes, "a");
    settle().await;
    assert!(
        !query.is_finished(),
        "so does who reads what is not durable"
    );
    assert_eq!(probes.silo.stats().outbox_pending, 0);
    store.hold(false);
    let view = acting.await.expect("a task").expect("an answer");
    assert_eq!(view["ok"]["count"], 1);
    assert_eq!(query.await.expect("a task")["count"], 1);
    probes.expect_notes("b", &["sent"]).await;
    probes.expect_notes("c", &["event 1 told"]).await;
}

fn begin_query(probes: &Probes, key: &'static str) -> JoinHandle<Value> {
    let probes = probes.clone();
    tokio::spawn(async move { probes.read(key, "read").await })
}

#[tokio::test]
async fn the_next_turn_runs_while_the_commit_is_in_flight() {
    let (world, store) = moody();
    let probes = world.silo("one").await;
    store.hold(true);
    let turns: Vec<_> = (0..5).map(|_| begin(&probes, "a", json!([]))).collect();
    let all_committed = async || {
        let record = store.record(&actor("a")).await.expect("readable");
        record.is_some_and(|record| record.version == 5)
    };
    assert!(until(all_committed).await, "five commits are queued");
    assert!(turns.iter().all(|turn| !turn.is_finished()));
    store.hold(false);
    for (turn, count) in turns.into_iter().zip(1..) {
        let view = turn.await.expect("a task").expect("an answer");
        assert_eq!(view["ok"]["count"], count);
    }
}

#[tokio::test]
async fn what_is_staged_behind_a_refused_commit_is_run_again() {
    let (world, store) = moody();
    let probes = world.silo("one").await;
    probes.act("a", json!([{"note": "before"}])).await;
    store.hold(true);
    store.decide(CommitFault::Refused);
    let first = begin(
        &probes,
        "a",
        json!([{"note": "void"}, send("b"), publish("c")]),
    );
    settle().await;
    store.decide(CommitFault::Taken);
    let behind: Vec<_> = ["1", "2", "3"]
        .map(|note| begin(&probes, "a", json!([{ "note": note }])))
        .into();
    settle().await;
    store.hold(false);
    let error = first.await.expect("a task").expect_err("not durable");
    assert!(matches!(error, CallError::Store { .. }), "{error:?}");
    // They stood on what never was; none was answered, so each is run on what is, in order.
    for (turn, count) in behind.into_iter().zip(2..) {
        let view = turn.await.expect("a task").expect("an answer");
        assert_eq!(view["ok"]["count"], count);
    }
    assert_eq!(probes.notes("a").await, ["before", "1", "2", "3"]);
    assert!(probes.notes("b").await.is_empty());
    assert!(probes.notes("c").await.is_empty());
}

/// Two of one message, the second of which was begun before the first was known to be there.
#[tokio::test]
async fn what_is_staged_behind_a_repeat_is_run_again() {
    let (world, store) = moody();
    let probes = world.silo("one").await;
    let mut once = probes.acting("a", &json!([{"note": "once"}]));
    once.id = message("once");
    let first = probes.deliver(once.clone()).await.expect("an answer");
    store.hold(true);
    let deliver = |envelope| {
        let probes = probes.clone();
        tokio::spawn(async move { probes.deliver(envelope).await })
    };
    let again = deliver(once);
    settle().await;
    let behind: Vec<_> = ["1", "2"]
        .map(|note| begin(&probes, "a", json!([{ "note": note }])))
        .into();
    settle().await;
    store.hold(false);
    let again = again.await.expect("a task").expect("an answer");
    assert!(again.replayed);
    assert_eq!(again.body, first.body);
    for (turn, count) in behind.into_iter().zip(2..) {
        let view = turn.await.expect("a task").expect("an answer");
        assert_eq!(view["ok"]["count"], count);
    }
    assert_eq!(probes.notes("a").await, ["once", "1", "2"]);
}

#[tokio::test]
async fn a_commit_without_an_answer_is_sent_again() {
    for actor_is_new in [true, false] {
        for fault in [CommitFault::AnswerLost, CommitFault::Lost] {
            let (world, store) = moody();
            let probes = world.silo("one").await;
            if !actor_is_new {
                probes.act("a", json!([])).await;
            }
            store.decide(fault);
            let envelope = probes.acting("a", &json!([{"note": "once"}, publish("c")]));
            let answer = probes.deliver(envelope.clone()).await;
            // The silo has sent it again, which settled it.
            assert!(!answer.expect("an answer").replayed, "{fault:?}");
            let again = probes.deliver(envelope).await.expect("an answer");
            assert!(again.replayed);
            assert_eq!(probes.notes("a").await, ["once"]);
            probes.expect_notes("c", &["event 1 told"]).await;
        }
    }
}

/// A repeat whose commit gets no answer: sent again, the store says that the message was handled, and
/// that was by the first one. What the repeat would have left does not leave.
#[tokio::test]
async fn a_repeat_without_an_answer_leaves_nothing() {
    let (world, store) = moody();
    let probes = world.silo("one").await;
    let steps = json!([{"send": {
        "key": "b", "steps": r#"[{"note":"sent"}]"#, "delayMs": 0,
    }}]);
    let envelope = probes.acting("a", &steps);
    let first = probes.deliver(envelope.clone()).await.expect("an answer");
    probes.expect_notes("b", &["sent"]).await;
    store.decide(CommitFault::AnswerLost);
    let again = probes.deliver(envelope).await.expect("an answer");
    assert!(again.replayed);
    assert_eq!(again.body, first.body);
    settle().await;
    assert_eq!(probes.notes("b").await, ["sent"], "once");
    let record = store.record(&actor("a")).await.expect("readable");
    assert_eq!(record.expect("made").version, 1);
}

/// Where an actor of the shard was retired, the first commit of another takes a higher epoch than 1.
/// Events leave no record of their own by which such a commit would be known.
#[tokio::test]
async fn a_first_commit_without_an_answer_is_known_by_its_epoch() {
    let (world, store) = moody();
    let probes = world.silo("one").await;
    probes.act("retired", json!(["end"])).await;
    let of = Retirement {
        actor: actor("retired"),
        version: 1,
        now_ms: 1,
    };
    assert_eq!(store.retire(vec![of]).await, Ok(vec![true]));
    let shard = actor("retired").shard();
    let mut keys = (0..).map(|number| format!("neighbour-{number}"));
    let key = keys.find(|key| actor(key).shard() == shard);
    let key = key.expect("a shard has many");

    store.hold(true);
    let publishing = begin(&probes, "a", json!([publish(&key)]));
    settle().await;
    // Of the commit that handles the event, and not of the one that publishes it.
    store.decide(CommitFault::AnswerLost);
    store.hold(false);
    publishing.await.expect("a task").expect("an answer");
    probes.expect_notes(&key, &["event 1 told"]).await;
    let record = store.record(&actor(&key)).await.expect("readable");
    assert_eq!(record.expect("made").epoch, 2);
    // Nothing is tried again: the clock stands still.
    probes.act("a", json!([publish(&key)])).await;
    let expected = ["event 1 told", "event 2 told"];
    probes.expect_notes(&key, &expected).await;
}

/// A query that read what never was does not tell of it, nor fail: it reads again.
#[tokio::test]
async fn a_query_behind_a_refused_commit_reads_again() {
    let (world, store) = moody();
    let probes = world.silo("one").await;
    probes.act("a", json!([{"note": "before"}])).await;
    store.hold(true);
    store.decide(CommitFault::Refused);
    let refused = begin(&probes, "a", json!([{"note": "void"}]));
    settle().await;
    store.decide(CommitFault::Taken);
    let query = begin_query(&probes, "a");
    settle().await;
    assert!(!query.is_finished(), "it waits for what it read");
    store.hold(false);
    refused.await.expect("a task").expect_err("not durable");
    let view = query.await.expect("a task");
    assert_eq!(view["notes"], json!(["before"]));
}

/// On newer state a repeat may take another way, so it calls nobody: it has its answer while no
/// commit of anybody gets through.
#[tokio::test]
async fn a_repeat_is_answered_before_it_asks_anybody() {
    let (world, store) = moody();
    let probes = world.silo("one").await;
    let asking = json!([{"ask": {"key": "b", "steps": r#"[{"note":"asked"}]"#}}]);
    let mut once = probes.acting("a", &asking);
    once.id = message("once");
    let first = probes.deliver(once.clone()).await.expect("an answer");
    assert_eq!(probes.notes("b").await, ["asked"]);
    store.hold(true);
    let again = probes.deliver(once).await.expect("an answer");
    assert!(again.replayed);
    assert_eq!(again.body, first.body);
}

/// The first may have got through where a repeat, on newer state, does not any more.
#[tokio::test]
async fn a_repeat_that_fails_is_answered_as_the_first_was() {
    let (world, _) = moody();
    let probes = world.silo("one").await;
    // Two of these are more than an actor may keep.
    let mut once = probes.acting("a", &json!([{"note": "n".repeat(600 << 10)}]));
    once.id = message("once");
    let first = probes.deliver(once.clone()).await.expect("an answer");
    let again = probes.deliver(once.clone()).await.expect("an answer");
    assert!(again.replayed);
    assert_eq!(again.body, first.body);
    once.id = message("another");
    let error = probes.deliver(once).await.expect_err("too much");
    assert!(matches!(error, CallError::Failed { .. }), "{error:?}");
}
