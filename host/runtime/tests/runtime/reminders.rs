//! Reminders: never early, at least once, and after an outage by their policy.

use pizza_types::ShardSet;
use serde_json::{Value, json};

use crate::fixture::{START_MS, World, settle, until};

fn reminder(name: &str, delay_ms: u64, period_ms: Option<u64>, missed: &str) -> Value {
    json!({"reminder": {
        "name": name, "delayMs": delay_ms, "periodMs": period_ms, "missed": missed,
    }})
}

fn told(due: u64, missed: u32) -> String {
    format!("reminder r due {} missed {missed}", START_MS + due)
}

#[tokio::test]
async fn a_reminder_is_never_early() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes
        .act("a", json!([reminder("r", 60_000, None, "last")]))
        .await;
    // Also not while it is moved into memory and out of it again.
    for step in [1_000, 30_000, 28_999] {
        world.advance(step);
        settle().await;
        assert!(probes.notes("a").await.is_empty());
    }
    world.advance(1);
    probes.expect_notes("a", &[&told(60_000, 0)]).await;
    world.advance(600_000);
    settle().await;
    assert_eq!(probes.notes("a").await.len(), 1, "once");
}

#[tokio::test]
async fn a_reminder_far_ahead_is_not_forgotten() {
    let mut world = World::default();
    world.settings.sweep_ms = 1_000;
    let probes = world.silo("one").await;
    let day_ms = 86_400_000;
    probes
        .act("a", json!([reminder("r", day_ms, None, "last")]))
        .await;
    world.advance(day_ms - 1);
    settle().await;
    assert!(probes.notes("a").await.is_empty());
    world.advance(1_000);
    probes.expect_notes("a", &[&told(day_ms, 0)]).await;
}

#[tokio::test]
async fn a_missed_reminder_comes_after_the_outage() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes
        .act("a", json!([reminder("r", 10_000, None, "last")]))
        .await;
    probes.silo.drain().await;
    world.advance(3_600_000);
    let probes = world.silo("two").await;
    probes.expect_notes("a", &[&told(10_000, 0)]).await;
}

#[tokio::test]
async fn what_an_outage_missed_is_told_by_the_policy() {
    // Due at 10 s and every 10 s; the silo is away until 45 s.
    for (policy, expected) in [
        (
            "all",
            vec![
                told(10_000, 0),
                told(20_000, 0),
                told(30_000, 0),
                told(40_000, 0),
            ],
        ),
        ("last", vec![told(40_000, 3)]),
        ("skip", vec![]),
    ] {
        let world = World::default();
        let probes = world.silo("one").await;
        probes
            .act("a", json!([reminder("r", 10_000, Some(10_000), policy)]))
            .await;
        probes.silo.drain().await;
        world.advance(45_000);
        let probes = world.silo("two").await;
        let texts: Vec<&str> = expected.iter().map(String::as_str).collect();
        probes.expect_notes("a", &texts).await;
        settle().await;
        assert_eq!(probes.notes("a").await, texts, "{policy}");
        // Then it goes on in its rhythm.
        world.advance(5_000);
        let next = told(50_000, 0);
        let texts: Vec<&str> = texts.into_iter().chain([next.as_str()]).collect();
        probes.expect_notes("a", &texts).await;
    }
}

#[tokio::test]
async fn a_cancelled_or_replaced_reminder_does_not_fire() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes
        .act("a", json!([reminder("r", 1_000, None, "last")]))
        .await;
    probes.act("a", json!([{"cancelReminder": "r"}])).await;
    probes
        .act("b", json!([reminder("r", 1_000, None, "last")]))
        .await;
    probes
        .act("b", json!([reminder("r", 5_000, None, "last")]))
        .await;
    world.advance(4_000);
    settle().await;
    assert!(probes.notes("b").await.is_empty());
    world.advance(1_000);
    probes.expect_notes("b", &[&told(5_000, 0)]).await;
    assert!(probes.notes("a").await.is_empty());
    let start = pizza_store::DueAfter::default();
    let due = world
        .store
        .reminders_due(&ShardSet::ALL, &start, u64::MAX, 10);
    assert_eq!(due.await, Ok(vec![]));
}

#[tokio::test]
async fn a_reminder_cancelled_while_it_waits_for_its_turn_does_not_fire() {
    let world = World::default();
    let probes = world.silo("one").await;
    probes
        .act("a", json!([reminder("r", 1_000, None, "last")]))
        .await;
    // It falls due while the actor waits for another, in the turn that cancels it.
    let ask = json!({"ask": {"key": "b", "steps": r#"["spin"]"#}});
    let cancelling = tokio::spawn({
        let probes = probes.clone();
        async move { probes.act("a", json!([ask, {"cancelReminder": "r"}])).await }
    });
    let busy = async || probes.silo.stats().actors_at_work == 2;
    assert!(crate::fixture::until(busy).await);
    world.advance(1_000);
    let view = cancelling.await.expect("a task");
    settle().await;
    assert_eq!(view["notes"].as_array().map(Vec::len), Some(1), "{view}");
    assert_eq!(
        probes.notes("a").await.len(),
        1,
        "the answer, and no reminder"
    );
}

#[tokio::test]
async fn a_period_below_a_second_is_refused() {
    let probes = World::default().silo("one").await;
    let error = probes
        .try_act("a", json!([reminder("r", 0, Some(999), "all")]))
        .await;
    let error = error.expect_err("refused");
    assert!(
        error.to_string().contains("999 ms; at least 1000"),
        "{error}"
    );
}

#[tokio::test]
async fn a_reminder_set_again_by_its_own_handler_for_a_time_that_is_due_fires_again() {
    let world = World::default();
    let probes = world.silo("one").await;
    // Three times it sets itself anew, within the same millisecond.
    probes
        .act("a", json!([reminder("again", 1_000, None, "last")]))
        .await;
    world.advance(1_000);
    let once = told(1_000, 0).replace("reminder r", "reminder again");
    probes
        .expect_notes("a", &[&once, &once, &once, &once])
        .await;
}

#[tokio::test]
async fn what_waits_goes_on_when_the_date_is_set_back_or_forward() {
    const DAY_MS: i64 = 86_400_000;
    for step in [-DAY_MS, -3_600_000, 3_600_000, DAY_MS] {
        let mut world = World::default();
        world.settings.sweep_ms = 1_000;
        let probes = world.silo("one").await;
        probes
            .act(
                "a",
                json!([
                    {"timer": {"name": "t", "delayMs": 30_000, "periodMs": null}},
                    reminder("r", 60_000, None, "last"),
                ]),
            )
            .await;
        // Beyond what is held in memory.
        probes
            .act("b", json!([reminder("r", 600_000, None, "last")]))
            .await;
        probes
            .act("c", json!([reminder("r", 60_000, Some(60_000), "all")]))
            .await;
        world.clock.set_wall(START_MS.saturating_add_signed(step));
        world.advance(1_000);
        settle().await;
        assert!(probes.notes("a").await.is_empty(), "{step}");
        world.advance(29_000);
        probes.expect_notes("a", &["timer t"]).await;
        world.advance(30_000);
        probes
            .expect_notes("a", &["timer t", &told(60_000, 0)])
            .await;
        // Set after the step: by what its actor saw, and never early.
        probes
            .act("d", json!([reminder("r", 600_000, None, "last")]))
            .await;
        for minute in 2..10 {
            world.advance(60_000);
            let rings = async || probes.notes("c").await.len() >= minute;
            assert!(until(rings).await, "{step}: minute {minute}");
            assert!(probes.notes("b").await.is_empty(), "{step}: early");
        }
        world.advance(60_000);
        let rings = async || probes.notes("b").await.len() == 1;
        assert!(until(rings).await, "{step}");
        assert!(probes.notes("d").await.is_empty(), "{step}: early");
        world.advance(60_000);
        let rings = async || probes.notes("d").await.len() == 1;
        assert!(until(rings).await, "{step}");
    }
}

#[tokio::test]
async fn what_lies_too_far_ahead_is_refused_and_not_cut() {
    const DAYS_400: u64 = 400 * 86_400_000;
    let probes = World::default().silo("one").await;
    let timer = |delay: u64, period: Option<u64>| json!({"timer": {"name": "t", "delayMs": delay, "periodMs": period}});
    let send = |delay: u64| json!({"send": {"key": "b", "steps": "[]", "delayMs": delay}});
    for (what, step) in [
        ("delay", reminder("r", DAYS_400 + 1, None, "last")),
        ("period", reminder("r", 0, Some(DAYS_400 + 1), "last")),
        ("delay", timer(DAYS_400 + 1, None)),
        ("period", timer(0, Some(u64::MAX))),
        ("delay", send(DAYS_400 + 1)),
    ] {
        let error = probes.try_act("a", json!([step])).await;
        let error = error.expect_err("refused").to_string();
        let named = error.contains(what) && error.contains("34560000000 (400 days)");
        assert!(named, "{step}: {error}");
    }
    for step in [
        reminder("r", DAYS_400, Some(DAYS_400), "last"),
        timer(DAYS_400, Some(DAYS_400)),
        send(DAYS_400),
    ] {
        probes.act("a", json!([step])).await;
    }
}
