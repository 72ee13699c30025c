//! What an operator sees of an actor.

use pizza_runtime::Presence;
use pizza_types::{ActorId, CallError};
use serde_json::json;

use crate::fixture::{START_MS, World, actor, until};

#[tokio::test]
async fn looking_at_an_actor_does_not_make_it() {
    let world = World::default();
    let probes = world.silo("one").await;
    let found = probes.silo.inspect(&actor("a")).await.expect("readable");
    assert_eq!(
        (found.stored, found.presence),
        (None, Presence::NotInMemory)
    );
    assert_eq!(world.store.record(&actor("a")).await, Ok(None));

    let row = json!({"row": {"key": "r", "value": "1"}});
    let reminder = json!({"reminder": {"name": "r", "delayMs": 5, "missed": "last"}});
    probes.act("a", json!([row, reminder])).await;
    let found = probes.silo.inspect(&actor("a")).await.expect("readable");
    assert_eq!(found.presence, Presence::AtRest);
    let stored = found.stored.expect("a record");
    assert_eq!((stored.entries, stored.reminders.len()), (1, 1));
    assert_eq!((stored.record.version, stored.record.epoch), (1, 1));
    assert!(stored.record.module.is_some());

    let other = ActorId::new("pineapple", "a").expect("a valid id");
    let error = probes.silo.inspect(&other).await.expect_err("no such type");
    assert!(matches!(error, CallError::UnknownType { .. }), "{error}");
}

#[tokio::test]
async fn a_history_begins_with_the_newest() {
    let world = World::default();
    let probes = world.silo("one").await;
    let silo = &probes.silo;
    let none = silo.history(&actor("a"), 10).await.expect("readable");
    assert!(none.complete && none.messages.is_empty());
    for number in 0..5 {
        let steps = match number {
            3 => json!([{"decline": "no"}]),
            4 => json!([{"note": "x".repeat(1_000)}]),
            _ => json!([]),
        };
        probes.try_act("a", steps).await.expect("an answer");
        world.advance(1_000);
    }
    let history = silo.history(&actor("a"), 3).await.expect("readable");
    assert!(history.complete);
    let seconds = history
        .messages
        .iter()
        .map(|m| (m.at_ms - START_MS) / 1_000);
    assert_eq!(seconds.collect::<Vec<_>>(), [4, 3, 2]);
    let declined: Vec<_> = history.messages.iter().map(|m| m.declined).collect();
    assert_eq!(declined, [false, true, false]);
    let newest = &history.messages[0];
    assert!(newest.reply_bytes > 1_000 && newest.reply.len() == 256);
    let all = silo.history(&actor("a"), 100).await.expect("readable");
    assert_eq!(all.messages.len(), 5);
}

#[tokio::test]
async fn an_actor_is_put_to_rest_unless_it_is_busy() {
    let world = World::default();
    let probes = world.silo("one").await;
    let silo = &probes.silo;
    assert_eq!(
        silo.deactivate(&actor("a")).await,
        Ok(Presence::NotInMemory)
    );
    probes.act("a", json!([{"note": "kept"}])).await;
    assert_eq!(silo.deactivate(&actor("a")).await, Ok(Presence::AtRest));
    assert_eq!(silo.stats().actors_in_memory, 0);
    assert_eq!(probes.notes("a").await, ["kept"]);

    let spinning = tokio::spawn({
        let probes = probes.clone();
        async move { probes.try_act("a", json!(["spin"])).await }
    });
    assert!(until(async || silo.stats().actors_at_work == 1).await);
    assert_eq!(silo.deactivate(&actor("a")).await, Ok(Presence::AtWork));
    assert!(spinning.await.expect("a task").is_err());
}
