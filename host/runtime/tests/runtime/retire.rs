//! Actors that have ended leave memory at once, and after their time the store.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;
use pizza_runtime::Archive;
use pizza_store::StoredActor;
use pizza_types::{ActorId, CallError};
use serde_json::json;

use super::fixture::{Probes, START_MS, World, actor, parsed, settle, until};

const DAY_MS: u64 = 86_400_000;

/// Remembers what it was given, and fails if it is told to.
#[derive(Default)]
struct Kept {
    actors: Mutex<Vec<(u64, ActorId, StoredActor)>>,
    fails: AtomicBool,
}

#[async_trait]
impl Archive for Kept {
    async fn keep(&self, at_ms: u64, actors: Vec<(ActorId, StoredActor)>) -> io::Result<()> {
        let actors = actors.into_iter();
        let actors = actors.map(|(actor, stored)| (at_ms, actor, stored));
        self.actors.lock().extend(actors);
        if self.fails.load(Ordering::Relaxed) {
            return Err(io::Error::other("told so"));
        }
        Ok(())
    }
}

fn world() -> (World, Arc<Kept>) {
    let kept = Arc::new(Kept::default());
    let mut world = World {
        archive: Arc::clone(&kept) as _,
        ..World::default()
    };
    world.policy.retire_after_ms = Some(30 * DAY_MS);
    world.settings.retired_keep_ms = 90 * DAY_MS;
    (world, kept)
}

/// Lets so much time pass, and then the sweeps that follow.
async fn pass(world: &World, ms: u64) {
    world.advance(ms);
    for _ in 0..3 {
        settle().await;
        world.advance(world.settings.sweep_ms);
    }
    settle().await;
}

async fn is_retired(world: &World, key: &str) -> bool {
    let retired = world.store.retired(&actor(key)).await;
    retired.expect("readable").is_some()
}

async fn ends(probes: &Probes, key: &str) {
    probes.act(key, json!([{ "note": "lived" }, "end"])).await;
}

async fn in_memory(probes: &Probes, count: usize) {
    let is_so = async || probes.silo.stats().actors_in_memory == count;
    let found = || probes.silo.stats().actors_in_memory;
    assert!(until(is_so).await, "{} in memory", found());
}

#[tokio::test]
async fn an_ended_actor_leaves_memory_at_once_and_can_be_asked() {
    let (world, _) = world();
    let probes = world.silo("one").await;
    probes.act("lives", json!([{ "note": "a" }])).await;
    in_memory(&probes, 1).await;
    ends(&probes, "ends").await;
    in_memory(&probes, 1).await;
    assert_eq!(probes.notes("ends").await, ["lived"]);
    in_memory(&probes, 1).await;
}

#[tokio::test]
async fn after_its_time_it_is_archived_and_says_that_it_is_retired() {
    let (world, kept) = world();
    let probes = world.silo("one").await;
    probes.act("lives", json!([{ "note": "a" }])).await;
    let first = probes.acting("ends", &json!([{ "note": "lived" }, "end"]));
    let reply = probes.deliver(first.clone()).await.expect("an answer");
    pass(&world, 29 * DAY_MS).await;
    assert_eq!(probes.notes("ends").await, ["lived"], "it is not its time");
    assert!(kept.actors.lock().is_empty());

    world.advance(DAY_MS);
    let gone = async || {
        world.advance(world.settings.sweep_ms);
        is_retired(&world, "ends").await
    };
    assert!(until(gone).await, "it is retired");
    let archived = kept.actors.lock().clone();
    let [(_, id, stored)] = &archived[..] else {
        panic!("{archived:?}");
    };
    assert_eq!(*id, actor("ends"));
    assert_eq!(stored.record.ended_ms, Some(START_MS));
    assert!(stored.record.state.is_some());
    let error = probes.try_act("ends", json!([])).await;
    let retired = |error: &CallError| matches!(error, CallError::Retired { .. });
    assert!(error.as_ref().is_err_and(retired), "{error:?}");
    let query = probes.envelope("ends", "read", &json!({}));
    let error = probes.deliver(query).await;
    assert!(error.as_ref().is_err_and(retired), "{error:?}");
    let view = probes
        .silo
        .inspect(&actor("ends"))
        .await
        .expect("looked at");
    assert!(view.stored.is_none() && view.retired_ms.is_some());
    // A repeat within the time of its record has its answer.
    let repeat = pizza_types::Envelope {
        deadline_ms: probes.silo.now_ms() + 1_000,
        ..first
    };
    let known = world.store.handled(&actor("ends"), repeat.id).await;
    if known.expect("readable").is_some() {
        let again = probes.deliver(repeat).await.expect("an answer");
        assert_eq!(parsed(&again), parsed(&reply));
    }
    assert_eq!(probes.notes("lives").await, ["a"], "others stay");

    // When that is forgotten, the id is as new.
    world.advance(91 * DAY_MS);
    let forgotten = async || {
        world.advance(world.settings.sweep_ms);
        !is_retired(&world, "ends").await
    };
    assert!(until(forgotten).await, "the tombstone is forgotten");
    let view = probes.act("ends", json!([{ "note": "again" }])).await;
    assert_eq!(view, json!({ "count": 1, "notes": ["again"] }));
    let view = probes.act("ends", json!([{ "note": "and again" }])).await;
    assert_eq!(view["count"], 2);
}

#[tokio::test]
async fn one_that_acts_again_lives_until_it_ends_again() {
    let (world, kept) = world();
    let probes = world.silo("one").await;
    for key in ["lives", "ends-again", "declines"] {
        ends(&probes, key).await;
    }
    pass(&world, 20 * DAY_MS).await;
    probes.act("lives", json!([{ "note": "late" }])).await;
    ends(&probes, "ends-again").await;
    let declined = probes.try_act("declines", json!([{ "decline": "no" }]));
    declined.await.expect("an answer");
    world.advance(11 * DAY_MS);
    let gone = async || {
        world.advance(world.settings.sweep_ms);
        is_retired(&world, "declines").await
    };
    assert!(until(gone).await, "to decline is not to act");
    settle().await;
    assert!(!is_retired(&world, "lives").await);
    assert!(!is_retired(&world, "ends-again").await);
    world.advance(20 * DAY_MS);
    let gone = async || {
        world.advance(world.settings.sweep_ms);
        is_retired(&world, "ends-again").await
    };
    assert!(until(gone).await, "so long after its last end");
    assert!(!is_retired(&world, "lives").await);
    let archived = kept.actors.lock().len();
    assert_eq!(archived, 2);
}

#[tokio::test]
async fn what_cannot_be_archived_stays() {
    let (world, kept) = world();
    kept.fails.store(true, Ordering::Relaxed);
    let probes = world.silo("one").await;
    ends(&probes, "ends").await;
    world.advance(31 * DAY_MS);
    let asked = async || {
        world.advance(world.settings.sweep_ms);
        kept.actors.lock().len() >= 2
    };
    assert!(until(asked).await, "it is tried again and again");
    assert!(!is_retired(&world, "ends").await);
    assert_eq!(probes.notes("ends").await, ["lived"]);
    kept.fails.store(false, Ordering::Relaxed);
    let gone = async || {
        world.advance(world.settings.sweep_ms);
        is_retired(&world, "ends").await
    };
    assert!(until(gone).await, "it is retired once it is archived");
}

#[tokio::test]
async fn messages_to_a_retired_actor_become_dead_letters_and_plans_of_it_go() {
    let (world, _) = world();
    let probes = world.silo("one").await;
    let delay_ms = 60 * DAY_MS;
    let steps = json!([
        { "send": { "key": "hears", "steps": "[{\"note\":\"too late\"}]", "delayMs": delay_ms } },
        { "reminder": { "name": "r", "delayMs": delay_ms, "missed": "last" } },
        "end",
    ]);
    probes.act("ends", steps).await;
    world.advance(31 * DAY_MS);
    let gone = async || {
        world.advance(world.settings.sweep_ms);
        is_retired(&world, "ends").await
    };
    assert!(until(gone).await, "it is retired");
    let letter = json!([{ "send": { "key": "ends", "steps": "[]", "delayMs": 0 } }]);
    probes.act("writes", letter).await;
    let is_there = async || {
        let letters = world.store.dead_letters(0, 10).await.expect("readable");
        letters.len() == 1 && letters[0].letter.attempts == 1
    };
    assert!(until(is_there).await, "one try, one dead letter");
    pass(&world, 40 * DAY_MS).await;
    assert!(probes.notes("hears").await.is_empty(), "what was planned");
    assert_eq!(probes.silo.stats().outbox_pending, 0);
    let letters = world.store.dead_letters(0, 10).await.expect("readable");
    assert_eq!(letters.len(), 1, "a reminder of it is none");
}
