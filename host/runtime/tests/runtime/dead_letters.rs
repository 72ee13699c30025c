//! Messages that came to nothing, and what an operator can do with them.

use pizza_types::{CallError, SiloId};
use serde_json::json;

use crate::fixture::{Probes, START_MS, actor, settle, until};
use crate::supervision::{letters, send, world};

async fn replay(probes: &Probes, id: u64) -> Result<bool, CallError> {
    let reply = probes.silo.replay_dead_letter(id).await?;
    Ok(reply.is_some())
}

#[tokio::test]
async fn a_letter_goes_when_its_replay_is_handled_and_stays_when_not() {
    let world = world();
    let probes = world.silo("one").await;
    let needy = json!([{"need": "medicine"}, {"note": "well"}]);
    probes.act("a", json!([send("b", &needy)])).await;
    let id = letters(&world, 1).await[0].id;
    let error = replay(&probes, id).await.expect_err("it fails again");
    assert!(error.to_string().contains("medicine"), "{error}");
    assert_eq!(letters(&world, 1).await[0].id, id, "it stays");

    probes.act("b", json!([{"note": "medicine"}])).await;
    assert_eq!(replay(&probes, id).await, Ok(true));
    assert_eq!(probes.notes("b").await, ["medicine", "well"]);
    assert!(
        probes
            .silo
            .dead_letters(0, 9)
            .await
            .expect("read")
            .is_empty()
    );
    assert_eq!(replay(&probes, id).await, Ok(false), "there is none");
}

#[tokio::test]
async fn a_replay_that_is_declined_has_been_handled() {
    let world = world();
    let probes = world.silo("one").await;
    let needy = json!([{"need": "medicine"}, {"decline": "no"}]);
    probes.act("a", json!([send("b", &needy)])).await;
    let id = letters(&world, 1).await[0].id;
    probes.act("b", json!([{"note": "medicine"}])).await;
    let reply = probes.silo.replay_dead_letter(id).await.expect("answered");
    assert!(reply.expect("a letter").declined);
    assert_eq!(replay(&probes, id).await, Ok(false));
}

#[tokio::test]
async fn an_event_is_replayed_although_its_stream_has_moved_on() {
    let world = world();
    let probes = world.silo("one").await;
    let publish = |payload: &str| json!({"publish": {"stream": "probe-events", "key": "s", "payload": payload}});
    probes
        .act("a", json!([publish("needy"), publish("next")]))
        .await;
    let id = letters(&world, 1).await[0].id;
    probes.expect_notes("s", &["event 2 next"]).await;
    probes.act("s", json!([{"note": "medicine"}])).await;
    assert_eq!(replay(&probes, id).await, Ok(true));
    let mut expected = vec!["event 2 next", "medicine", "event 1 needy"];
    probes.expect_notes("s", &expected).await;

    // The cursor is where it was: nothing comes again, neither now nor after a restart.
    let cursor = world.store.cursor("probe", "probe-events", "s").await;
    assert_eq!(cursor, Ok(2));
    probes.act("a", json!([publish("third")])).await;
    expected.push("event 3 third");
    probes.expect_notes("s", &expected).await;
    drop(probes);
    let probes = world.silo("two").await;
    settle().await;
    probes.expect_notes("s", &expected).await;
}

#[tokio::test]
async fn a_letter_takes_effect_once_however_often_it_is_replayed() {
    let world = world();
    let probes = world.silo("one").await;
    let publish = json!({"publish": {"stream": "probe-events", "key": "s", "payload": "needy"}});
    let needy = json!([{"need": "medicine"}, {"note": "well"}]);
    probes.act("a", json!([publish, send("s", &needy)])).await;
    let letters = letters(&world, 2).await;
    probes.act("s", json!([{"note": "medicine"}])).await;
    for buried in &letters {
        assert_eq!(replay(&probes, buried.id).await, Ok(true));
    }
    let after = probes.notes("s").await;
    assert_eq!(after.len(), 3, "{after:?}");
    // As if the silo had died before it could take the letters away.
    for buried in letters {
        let id = world
            .store
            .add_dead_letter(buried.letter)
            .await
            .expect("kept");
        assert_eq!(replay(&probes, id).await, Ok(true));
    }
    assert_eq!(probes.notes("s").await, after);
}

#[tokio::test]
async fn a_reminder_is_replayed_and_the_next_one_is_left_alone() {
    let world = world();
    let probes = world.silo("one").await;
    let reminder = json!({"reminder": {
        "name": "needy", "delayMs": 60_000, "periodMs": 3_600_000, "missed": "last",
    }});
    probes.act("a", json!([reminder])).await;
    world.advance(60_000);
    let id = letters(&world, 1).await[0].id;
    probes.act("a", json!([{"note": "medicine"}])).await;
    let next = async || {
        let found = probes.silo.inspect(&actor("a")).await.expect("readable");
        let reminders = found.stored.expect("a record").reminders;
        reminders.iter().map(|(_, r)| r.due_ms).collect::<Vec<_>>()
    };
    let next_ms = START_MS + 60_000 + 3_600_000;
    assert!(
        until(async || next().await == [next_ms]).await,
        "{:?}",
        next().await
    );
    assert_eq!(replay(&probes, id).await, Ok(true));
    let due = START_MS + 60_000;
    let told = format!("reminder needy due {due} missed 0");
    probes.expect_notes("a", &["medicine", &told]).await;
    assert_eq!(next().await, [next_ms]);
}

#[tokio::test]
async fn a_dropped_letter_is_gone() {
    let world = world();
    let probes = world.silo("one").await;
    let trap = json!(["trap"]);
    probes
        .act("a", json!([send("b", &trap), send("c", &trap)]))
        .await;
    let letters = letters(&world, 2).await;
    let silo = &probes.silo;
    assert_eq!(silo.drop_dead_letter(letters[0].id).await, Ok(true));
    assert_eq!(silo.drop_dead_letter(letters[0].id).await, Ok(false));
    let left = silo.dead_letters(0, 9).await.expect("readable");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].id, letters[1].id);
    let found = silo.dead_letter(letters[1].id).await.expect("readable");
    assert_eq!(found.expect("a letter").attempts, 2);
}

#[tokio::test]
async fn letters_outlive_their_silo() {
    let world = world();
    let probes = world.silo("one").await;
    probes.act("a", json!([send("b", &json!(["trap"]))])).await;
    let id = letters(&world, 1).await[0].id;
    drop(probes);
    let probes = world.silo("two").await;
    let error = replay(&probes, id).await.expect_err("it fails again");
    assert!(error.to_string().contains("told so"), "{error}");
    let owner = world.store.record(&actor("a")).await.expect("readable");
    assert_eq!(owner.expect("a record").owner, SiloId("one".into()));
}
