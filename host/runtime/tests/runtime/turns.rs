//! One turn: what is committed of it, once, and what is not.

use std::sync::Arc;

use pizza_types::CallError;
use serde_json::json;

use crate::fixture::{World, message, parsed};

#[tokio::test]
async fn a_message_that_comes_again_gets_its_first_answer() {
    let world = World::default();
    let probes = world.silo("one").await;
    let mut envelope = probes.acting("a", &json!([{"note": "once"}]));
    envelope.id = message("m");
    let first = probes.deliver(envelope.clone()).await.expect("an answer");
    assert!(!first.replayed);
    probes.act("a", json!([{"note": "other"}])).await;
    for _ in 0..3 {
        let again = probes.deliver(envelope.clone()).await.expect("an answer");
        assert!(again.replayed);
        assert_eq!(again.body, first.body);
    }
    probes.silo.drain().await;
    // And in another life of the silo too.
    let probes = world.silo("two").await;
    let again = probes.deliver(envelope).await.expect("an answer");
    assert!(again.replayed);
    assert_eq!(again.body, first.body);
    assert_eq!(probes.notes("a").await, ["once", "other"]);
}

#[tokio::test]
async fn ten_at_once_are_one() {
    let probes = World::default().silo("one").await;
    let mut envelope = probes.acting("a", &json!([]));
    envelope.id = message("m");
    let sent: Vec<_> = (0..10)
        .map(|_| {
            let (probes, envelope) = (probes.clone(), envelope.clone());
            tokio::spawn(async move { probes.deliver(envelope).await })
        })
        .collect();
    let mut replayed = 0;
    for answer in sent {
        let reply = answer.await.expect("a task").expect("an answer");
        replayed += u32::from(reply.replayed);
        assert_eq!(parsed(&reply)["ok"]["count"], 1);
    }
    assert_eq!(replayed, 9);
}

#[tokio::test]
async fn an_id_names_one_content() {
    let probes = World::default().silo("one").await;
    let mut envelope = probes.acting("a", &json!([{"note": "this"}]));
    envelope.id = message("m");
    probes.deliver(envelope).await.expect("an answer");
    let mut other = probes.acting("a", &json!([{"note": "that"}]));
    other.id = message("m");
    let error = probes.deliver(other).await.expect_err("another content");
    assert!(matches!(error, CallError::MessageIdReused { id } if id == message("m")));
    assert_eq!(probes.notes("a").await, ["this"]);
}

#[tokio::test]
async fn a_turn_that_fails_has_not_happened() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes
        .act(
            "a",
            json!([{"note": "before"}, {"row": {"key": "r", "value": "1"}}]),
        )
        .await;
    let effects = json!([
        {"note": "void"},
        {"row": {"key": "r", "value": "2"}},
        {"send": {"key": "b", "steps": "[]", "delayMs": 0}},
        {"publish": {"stream": "probe-events", "key": "b", "payload": "told"}},
        {"reminder": {"name": "soon", "delayMs": 0, "missed": "last"}},
        {"timer": {"name": "soon", "delayMs": 0}},
    ]);
    for (end, bound) in [("trap", "trap"), ("spin", "cpu")] {
        let mut steps = effects.as_array().expect("a list").clone();
        steps.push(json!(end));
        let error = probes
            .try_act("a", steps.into())
            .await
            .expect_err("a failure");
        let CallError::Failed {
            bound: found,
            detail,
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!(found, bound, "{detail}");
    }
    let mut steps = effects.as_array().expect("a list").clone();
    steps.push(json!({"decline": "rather not"}));
    let declined = probes.try_act("a", steps.into()).await.expect("an answer");
    assert_eq!(declined, json!({"err": "rather not"}));

    world.advance(60_000);
    assert_eq!(probes.act("a", json!([])).await["notes"], json!(["before"]));
    assert_eq!(probes.read("a", "rows").await, json!(["r=1"]));
    assert!(probes.notes("b").await.is_empty());
    assert_eq!(probes.silo.stats().outbox_pending, 0);
}

#[tokio::test]
async fn a_panic_tells_its_message_and_the_next_turn_works() {
    let probes = World::default().silo("one").await;
    let error = probes
        .try_act("a", json!(["trap"]))
        .await
        .expect_err("a trap");
    assert!(error.to_string().contains("told so"), "{error}");
    assert_eq!(probes.act("a", json!([])).await["count"], 1);
}

#[tokio::test]
async fn a_query_that_writes_is_refused() {
    let probes = World::default().silo("one").await;
    let query = probes.envelope("a", "cheat", &json!({}));
    let error = probes.deliver(query).await.expect_err("refused");
    assert!(
        matches!(&error, CallError::Failed { bound, .. } if bound == "query"),
        "{error:?}"
    );
}

#[tokio::test]
async fn asking_for_an_actor_leaves_nothing_behind() {
    let world = World::default();
    let probes = world.silo("one").await;
    assert_eq!(probes.read("nobody", "read").await["count"], 0);
    let store = Arc::clone(&world.store);
    let nobody = store.record(&crate::fixture::actor("nobody")).await;
    assert_eq!(nobody, Ok(None));
    assert_eq!(probes.silo.stats().actors_in_memory, 0);
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let probes = World::default().silo("one").await;
    let error = probes
        .deliver(probes.envelope("a", "fly", &json!([])))
        .await;
    let CallError::UnknownMethod { method, known, .. } = error.expect_err("no such method") else {
        panic!("another error");
    };
    assert_eq!(method, "fly");
    assert!(known.contains("act, cheat, peek, read"), "{known}");
    let mut stranger = probes.acting("a", &json!([]));
    stranger.target = pizza_types::ActorId::new("stranger", "a").expect("a valid id");
    let error = probes.deliver(stranger).await.expect_err("no such type");
    assert!(error.to_string().contains("known are probe"), "{error}");
}
