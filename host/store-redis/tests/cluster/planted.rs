//! Mistakes made on purpose are noticed: each test runs a test of a fault again, with one mistake,
//! and that one has to fail.

use std::process::Command;

fn fails(test: &str, mistake: &str, with: &str) {
    let ourselves = std::env::current_exe().expect("a test");
    let run = Command::new(ourselves)
        .args(["--exact", test, "--nocapture"])
        .env("PLANTED", mistake)
        .output()
        .expect("it runs");
    let said = [run.stdout, run.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(!run.status.success(), "{test} does not notice {mistake}");
    assert!(said.contains(with), "{said}");
}

#[test]
fn what_was_not_run_is_overtaken() {
    fails("migration::a_slot_moves_under_load", "overtakes", "Stale");
}

#[test]
fn what_was_lost_is_sent_again() {
    let test = "cuts::a_commit_whose_answer_is_lost_is_there_once";
    fails(test, "sends-again", "version");
}

#[test]
fn who_has_what_is_never_read_again() {
    let test = "failover::a_primary_is_killed";
    fails(test, "keeps-the-map", "shards of the lost server go on");
}
