//! The date is set while a silo runs, and while it does not: delays go on.

use std::sync::Arc;

use pizza_runtime::{Clock as _, Entropy as _, SeededEntropy};
use serde_json::{Value, json};

use crate::fixture::{Probes, START_MS, World, settle, until};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: u64 = 60_000;

fn reminder(delay_ms: u64, period_ms: Option<u64>) -> Value {
    json!({"reminder": {
        "name": "r", "delayMs": delay_ms, "periodMs": period_ms, "missed": "all",
    }})
}

fn letter(delay_ms: u64) -> Value {
    json!({"send": {"key": "receiver", "steps": r#"[{"note": "it came"}]"#, "delayMs": delay_ms}})
}

fn world() -> World {
    let mut world = World::default();
    world.settings.sweep_ms = 1_000;
    world
}

impl World {
    fn shift_date(&self, by_ms: i64) {
        let wall_ms = self.clock.wall_ms().saturating_add_signed(by_ms);
        self.clock.set_wall(wall_ms);
    }

    /// The machine is off for a while: its boot clock begins anew.
    fn switch_off_and_on(&mut self, off_ms: i64) {
        self.clock = Arc::new(self.clock.restarted());
        self.shift_date(off_ms);
    }
}

async fn notes(probes: &Probes, key: &str) -> usize {
    probes.notes(key).await.len()
}

async fn expect(probes: &Probes, key: &str, number: usize, what: &str) {
    let is_there = async || notes(probes, key).await >= number;
    assert!(until(is_there).await, "{what}: waited in vain for {key}");
    assert_eq!(notes(probes, key).await, number, "{what}: {key}");
}

/// What was waited for goes on where it was, whatever date it is afterwards.
#[tokio::test]
async fn nothing_waits_for_a_date_that_was_set_back_while_the_silo_was_down() {
    for hours in [-1, -24, -24 * 365] {
        for machine_too in [false, true] {
            let what = format!("{hours} h, the machine too: {machine_too}");
            let mut world = world();
            let probes = world.silo("one").await;
            probes.act("soon", json!([reminder(90_000, None)])).await;
            // Beyond what is held in memory.
            probes.act("late", json!([reminder(600_000, None)])).await;
            probes.act("sender", json!([letter(90_000)])).await;
            world.advance(30_000);
            settle().await;
            probes.silo.drain().await;
            // A minute passes. The process alone knows of it if only the date was set.
            let left_ms = if machine_too {
                world.switch_off_and_on(HOUR_MS * hours);
                MINUTE_MS
            } else {
                world.shift_date(HOUR_MS * hours);
                world.advance(50_000);
                10_000
            };
            let probes = world.silo("two").await;
            world.advance(left_ms - 1);
            settle().await;
            assert_eq!(notes(&probes, "soon").await, 0, "{what}: early");
            assert_eq!(notes(&probes, "receiver").await, 0, "{what}: early");
            world.advance(1);
            expect(&probes, "soon", 1, &what).await;
            expect(&probes, "receiver", 1, &what).await;
            for _ in 0..8 {
                world.advance(MINUTE_MS);
                settle().await;
            }
            assert_eq!(notes(&probes, "late").await, 0, "{what}: early");
            world.advance(30_000);
            expect(&probes, "late", 1, &what).await;
        }
    }
}

#[tokio::test]
async fn a_restart_knows_what_was_set_before_and_after_the_date_was() {
    for hours in [-24, -1, 1, 24] {
        let what = format!("{hours} h");
        let world = world();
        let probes = world.silo("one").await;
        probes.act("before", json!([reminder(600_000, None)])).await;
        world.shift_date(HOUR_MS * hours);
        probes.act("after", json!([reminder(660_000, None)])).await;
        probes.silo.drain().await;
        let probes = world.silo("two").await;
        for minute in 1..=11 {
            world.advance(MINUTE_MS);
            settle().await;
            expect(&probes, "before", (minute + 1) / 11, &what).await;
            expect(&probes, "after", minute / 11, &what).await;
        }
        // Each was told the date that its actor counted on, or would now.
        let told = probes.notes("after").await;
        let due_ms = START_MS.saturating_add_signed(HOUR_MS * hours) + 660_000;
        assert_eq!(
            told,
            [format!("reminder r due {due_ms} missed 0")],
            "{what}"
        );
    }
}

/// The next of some random numbers, below `end`.
fn below(entropy: &SeededEntropy, end: u64) -> u64 {
    entropy.next() % end
}

/// A machine on which anything happens to the date, and to the silo, in any order.
#[tokio::test]
async fn by_chance_every_reminder_fires_once_and_when_its_delay_has_passed() {
    for seed in 0..12 {
        let entropy = SeededEntropy::new(seed);
        let mut world = world();
        let mut probes = world.silo("one").await;
        // What has passed as far as a silo can know, and by then which reminder is due.
        let (mut passed_ms, mut one_shots) = (0, Vec::new());
        probes
            .act("every", json!([reminder(MINUTE_MS, Some(MINUTE_MS))]))
            .await;
        for step in 0..40 {
            let any_ms = below(&entropy, 2 * HOUR_MS.unsigned_abs()).cast_signed() - HOUR_MS;
            match below(&entropy, 8) {
                0 => world.shift_date(any_ms),
                1 | 2 => {
                    let key = format!("once-{step}");
                    let delay_ms = below(&entropy, 20 * MINUTE_MS) + 1;
                    probes.act(&key, json!([reminder(delay_ms, None)])).await;
                    one_shots.push((key, passed_ms + delay_ms));
                }
                kind @ (3 | 4) => {
                    // A stopping silo waits for turns, and by this clock for ever.
                    settle().await;
                    probes.silo.drain().await;
                    let noted_ms = world.clock.wall_ms();
                    let down_ms = below(&entropy, MINUTE_MS);
                    let by_machine = if kind == 3 {
                        world.switch_off_and_on(any_ms);
                        0
                    } else {
                        world.shift_date(any_ms);
                        world.advance(down_ms);
                        down_ms
                    };
                    let by_date = world.clock.wall_ms().saturating_sub(noted_ms);
                    passed_ms += by_date.max(by_machine);
                    probes = world.silo(&format!("silo-{step}")).await;
                }
                _ => {
                    let ms = below(&entropy, MINUTE_MS);
                    world.advance(ms);
                    passed_ms += ms;
                }
            }
            settle().await;
            let what = format!("seed {seed}, step {step}");
            let periods = usize::try_from(passed_ms / MINUTE_MS).expect("not many");
            expect(&probes, "every", periods, &what).await;
            for (key, due_ms) in &one_shots {
                expect(&probes, key, usize::from(*due_ms <= passed_ms), &what).await;
            }
        }
    }
}
