//! Events reach the actors that subscribe: in order, exactly once, also after a restart.

use std::sync::Arc;

use pizza_store::{Commit, Leaving, Members, NewEvent, Opened, StreamKey};
use pizza_types::SiloId;
use serde_json::{Value, json};

use crate::fixture::{Probes, World, actor, settle, until};

fn publish(key: &str, payload: &str) -> Value {
    json!({"publish": {"stream": "probe-events", "key": key, "payload": payload}})
}

async fn heard(probes: &Probes, key: &str, count: usize) -> Vec<String> {
    assert!(until(async || probes.notes(key).await.len() >= count).await);
    probes.notes(key).await
}

#[tokio::test]
async fn events_arrive_in_order_and_once() {
    let probes = World::default().silo("one").await;
    let publishers: Vec<_> = (0..4)
        .map(|publisher| {
            let probes = probes.clone();
            tokio::spawn(async move {
                for number in 0..25 {
                    let steps = json!([publish("s", &format!("{publisher}-{number}"))]);
                    probes.act(&format!("p{publisher}"), steps).await;
                }
            })
        })
        .collect();
    for publisher in publishers {
        publisher.await.expect("a task");
    }
    let notes = heard(&probes, "s", 100).await;
    assert_eq!(notes.len(), 100);
    for (note, position) in notes.iter().zip(1..) {
        assert!(note.starts_with(&format!("event {position} ")), "{note}");
    }
    for publisher in 0..4 {
        let own = |note: &&String| note.contains(&format!(" {publisher}-"));
        let numbers: Vec<_> = notes.iter().filter(own).collect();
        let last = |note: &String| note.rsplit('-').next().and_then(|n| n.parse().ok());
        let numbers: Vec<u32> = numbers.into_iter().filter_map(last).collect();
        assert_eq!(
            numbers,
            (0..25).collect::<Vec<_>>(),
            "of publisher {publisher}"
        );
    }
}

#[tokio::test]
async fn an_event_goes_to_the_actor_of_its_key_and_other_streams_to_nobody() {
    let probes = World::default().silo("one").await;
    let other = json!({"publish": {"stream": "other", "key": "b", "payload": "x"}});
    probes
        .act(
            "a",
            json!([publish("b", "one"), publish("c", "two"), other]),
        )
        .await;
    probes.expect_notes("b", &["event 1 one"]).await;
    probes.expect_notes("c", &["event 1 two"]).await;
    assert!(probes.notes("a").await.is_empty());
}

#[tokio::test]
async fn events_that_were_not_given_before_a_stop_are_given_after_it() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes.act("a", json!([publish("s", "1")])).await;
    heard(&probes, "s", 1).await;
    drop(probes);
    // Written by somebody whose silo died before it could tell anybody.
    let (publisher, owner) = (actor("a"), SiloId("dead".into()));
    let members = Members::alone(&owner);
    let opened = world.store.open(&publisher, &owner, &members).await;
    let Ok(Opened::Opened(stored)) = opened else {
        panic!("{opened:?}");
    };
    let event = |payload: &str| NewEvent {
        keys: vec![StreamKey {
            stream: "probe-events".into(),
            key: "s".into(),
        }],
        payload: json!(payload).to_string().into(),
    };
    let commit = Commit {
        actor: publisher,
        owner,
        epoch: stored.record.epoch,
        version: stored.record.version,
        now_ms: 0,
        module: None,
        state: pizza_types::StateWrite::Keep,
        entries: Vec::new(),
        handled: None,
        reminders: Vec::new(),
        delayed: Vec::new(),
        leaving: Leaving {
            messages: Vec::new(),
            events: (2..=200).map(|n: u32| event(&n.to_string())).collect(),
        },
        cursor: None,
    };
    let committed = world.store.commit(Arc::new(commit)).await;
    committed.expect("committed");
    let probes = world.silo("two").await;
    let notes = heard(&probes, "s", 200).await;
    let expected: Vec<_> = (1..=200).map(|n| format!("event {n} {n}")).collect();
    assert_eq!(notes, expected);
    // One turn for the first, and for the others one for every 32 of a page of 64.
    assert_eq!(turns(&world, "s").await, 1 + 7);
}

async fn turns(world: &World, key: &str) -> u64 {
    let record = world.store.record(&actor(key)).await;
    record.expect("readable").expect("a record").version
}

#[tokio::test]
async fn events_that_follow_soon_are_gathered_and_the_first_is_not_kept_waiting() {
    let mut world = World::default();
    world.policy.events_gather_ms = 50;
    let probes = world.silo("one").await;
    probes.act("a", json!([publish("s", "1")])).await;
    heard(&probes, "s", 1).await;
    for number in ["2", "3", "4"] {
        probes.act("a", json!([publish("s", number)])).await;
    }
    world.advance(40);
    settle().await;
    assert_eq!(probes.notes("s").await.len(), 1);
    world.advance(20);
    let expected = ["event 1 1", "event 2 2", "event 3 3", "event 4 4"];
    probes.expect_notes("s", &expected).await;
    assert_eq!(turns(&world, "s").await, 2);
}

#[tokio::test]
async fn an_event_that_cannot_be_handled_does_not_hold_up_the_others() {
    let mut world = World::default();
    world.policy.retry.attempts_max = 3;
    let probes = world.silo("one").await;
    probes
        .act("a", json!([publish("s", "trap"), publish("s", "after")]))
        .await;
    // Back-off is by the clock.
    let heard = async || {
        world.advance(10_000);
        probes.notes("s").await == ["event 2 after"]
    };
    assert!(until(heard).await);
    let letters = world.store.dead_letters(0, 10).await.expect("readable");
    assert_eq!(letters.len(), 1);
    let letter = &letters[0].letter;
    assert_eq!(letter.attempts, 3);
    assert!(
        letter.error.contains("told so by an event"),
        "{}",
        letter.error
    );
    // And it is not tried again by the next silo.
    drop(probes);
    let probes = world.silo("two").await;
    probes.act("a", json!([publish("s", "third")])).await;
    probes
        .expect_notes("s", &["event 2 after", "event 3 third"])
        .await;
    assert_eq!(
        world
            .store
            .dead_letters(0, 10)
            .await
            .expect("readable")
            .len(),
        1
    );
}
