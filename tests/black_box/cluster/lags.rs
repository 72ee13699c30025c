//! What a silo says of how late it is, by the door where its metrics are read.

use std::process::Command;

use serde_json::json;

use super::probes::{metric, push, try_act};
use super::process::metric_of;
use super::redis::{Redis, silo_on};
use crate::common::{Pizza, until};

const RELAY: &str = "pizza_cluster_relay_lag_seconds";
const GUARDIAN: &str = "pizza_cluster_guardian_lag_seconds";
const LATE: &str = "pizza_due_late_seconds_count";

fn seconds(pizza: &Pizza, name: &str) -> f64 {
    metric_of(pizza.http, name)
}

fn signal(redis: &Redis, signal: &str) {
    let pid = redis.id().to_string();
    let sent = Command::new("kill").args([signal, &pid]).status();
    assert!(sent.expect("kill runs").success());
}

#[test]
fn a_silo_says_how_late_what_it_guards_is() {
    let redis = Redis::start();
    let data = tempfile::tempdir().expect("a directory");
    let patient = "[silo.types.probe]\nattempts = 3\nretry_first_ms = 1000\n";
    let one = silo_on(&redis.url, data.path(), "one", patient);
    push(&one, data.path(), "one");
    let at_once = || (seconds(&one, RELAY) < 0.5 && seconds(&one, GUARDIAN) < 2.0).then_some(());
    until("nothing to wait", at_once);

    // It is tried again and again, and waits in the log of its sender meanwhile.
    let fails = json!({"send": {"key": "b", "steps": r#"["trap"]"#, "delayMs": 0}});
    let note = json!({"send": {"key": "c", "steps": r#"[{"note": "n"}]"#, "delayMs": 200}});
    let reminder = json!({"reminder": {
        "name": "r", "delayMs": 200, "periodMs": null, "missed": "last",
    }});
    let told = try_act(one.http, "a", "first", &json!([fails, note, reminder]));
    assert_eq!(told.expect("an answer").status, 200);
    until("a message to be late", || {
        (seconds(&one, RELAY) > 1.0).then_some(())
    });
    // A busy machine may make the silo lose its lease and read both again: at least once each.
    for what in ["message", "reminder"] {
        let label = format!("what=\"{what}\"");
        until("what is due to leave", || {
            (metric(one.http, LATE, &label) >= 1).then_some(())
        });
    }

    signal(&redis, "-STOP");
    until("the guardian to be late", || {
        (seconds(&one, GUARDIAN) > 2.5).then_some(())
    });
    signal(&redis, "-CONT");
    until("the guardian to look again", || {
        (seconds(&one, GUARDIAN) < 1.5).then_some(())
    });
    // What failed too often is a dead letter then.
    until("nothing to wait", || {
        (seconds(&one, RELAY) < 0.5).then_some(())
    });
}
