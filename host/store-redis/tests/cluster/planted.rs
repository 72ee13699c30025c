//! Mistakes made on purpose are noticed: each test runs a test of a fault again, with one mistake,
//! and that one has to fail.

use std::process::Command;

use crate::fixture::alone;

async fn fails(test: &str, mistake: &str, with: &str) {
    let _alone = alone().await;
    let ourselves = std::env::current_exe().expect("a test");
    let run = Command::new(ourselves)
        .args(["--exact", test, "--nocapture"])
        .env("PLANTED", mistake)
        .output()
        .expect("it runs");
    let said = [run.stdout, run.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let first = said.find("panicked").unwrap_or(said.len());
    let said: String = said[first..].chars().take(500).collect();
    println!("{mistake}: {said}");
    assert!(!run.status.success(), "{test} does not notice {mistake}");
    assert!(said.contains(with), "{said}");
}

#[tokio::test]
async fn what_was_not_run_is_overtaken() {
    fails("migration::a_slot_moves_under_load", "overtakes", "meter/").await;
}

#[tokio::test]
async fn keys_are_not_declared() {
    let test = "migration::a_slot_moves_under_load";
    fails(test, "undeclared-keys", "non local key").await;
}

#[tokio::test]
async fn what_was_lost_is_sent_again() {
    let test = "cuts::a_commit_whose_answer_is_lost_is_there_once";
    fails(test, "sends-again", "version").await;
}

#[tokio::test]
async fn who_has_what_is_never_read_again() {
    let test = "failover::a_primary_is_killed";
    let with = "no shard of the lost server went on";
    fails(test, "keeps-the-map", with).await;
}

#[tokio::test]
async fn a_setting_is_believed_that_loses_what_was_acknowledged() {
    let test = "durability::everysec_loses_what_it_has_acknowledged_and_is_named_memory";
    fails(test, "believes-everysec", "named").await;
}
