//! A backup of a silo that works, and a pizzeria that goes on from it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use serde_json::json;

use crate::common::operator::{complained, run, succeeded};
use crate::common::{Pizza, until};

/// Orders that are acknowledged before the backup is begun.
const ORDERS: usize = 30;

/// A verb that needs no silo.
fn pizza(words: &[&str]) -> Output {
    let command = Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(words)
        .output();
    command.expect("the binary runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

#[test]
fn what_was_acknowledged_before_a_backup_is_in_it_and_goes_on() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    let (data, file, restored) = (at("data"), at("one.backup"), at("restored"));
    let mut first = Pizza::start(&data, &[]);
    let orders: Vec<String> = (0..ORDERS).map(|_| first.order()).collect();
    let cancelled = first.order();
    let reason = json!({"reason": "not hungry any more"});
    let cancel = first.post(&format!("/api/orders/{cancelled}/cancel"), &reason);
    assert_eq!(cancel.status, 200, "{}", cancel.text());
    let taken = thread::scope(|scope| {
        // People do not stop ordering.
        let later = scope.spawn(|| (0..10).map(|_| first.order()).collect::<Vec<_>>());
        let taken = run(&first, &data, &["backup", "take", text(&file)]);
        assert_eq!(later.join().expect("ordered").len(), 10);
        taken
    });
    let told = succeeded(&taken);
    assert!(
        told.contains("actors") && told.contains("up to batch"),
        "{told}"
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(&file).expect("a file").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600, "it is its owner's alone");
    let again = complained(&run(&first, &data, &["backup", "take", text(&file)]));
    assert!(again.contains("there already"), "{again}");
    first.kill_and_wait();

    succeeded(&pizza(&["backup", "verify", text(&file)]));
    succeeded(&pizza(&[
        "backup",
        "restore",
        text(&file),
        "--data",
        text(&restored),
    ]));
    let occupied = pizza(&["backup", "restore", text(&file), "--data", text(&restored)]);
    let occupied = complained(&occupied);
    assert!(occupied.contains("there already"), "{occupied}");

    let second = Pizza::start(&restored, &[]);
    let status = |order: &str| {
        let read = second.get(&format!("/api/orders/{order}"));
        assert_eq!(read.status, 200, "{order}: {}", read.text());
        read.json()["status"].as_str().map(str::to_owned)
    };
    assert_eq!(status(&cancelled).as_deref(), Some("cancelled"));
    for order in &orders {
        status(order);
    }
    // Timers, reminders and messages under way are in it, too: what was begun is baked.
    until("an order of before to be ready", || {
        orders
            .iter()
            .any(|order| status(order).as_deref() == Some("ready"))
            .then_some(())
    });
    let new = second.order();
    assert!(status(&new).is_some());
}

#[test]
fn a_backup_that_is_damaged_says_where_and_makes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    let (data, file) = (at("data"), at("one.backup"));
    let first = Pizza::start(&data, &[]);
    first.order();
    succeeded(&run(&first, &data, &["backup", "take", text(&file)]));
    let mut bytes = fs::read(&file).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).expect("written");
    for words in [
        &["backup", "verify", text(&file)][..],
        &[
            "backup",
            "restore",
            text(&file),
            "--data",
            text(&at("made")),
        ],
    ] {
        let refused = complained(&pizza(words));
        assert!(refused.contains("damaged at byte"), "{refused}");
    }
    assert!(!at("made").join("store").exists());
}
