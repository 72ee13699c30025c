//! A page of a stranger, in a real browser on this machine, does nothing here.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::common::Pizza;
use crate::common::ports::free_port;

const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/black_box/network_access/cross_origin.mjs"
);

/// What the pages tried, what had an effect, and how often the front doors refused.
fn tried(pages: u16, options: &[&str], data: &Path) -> (Vec<String>, Vec<String>, u64) {
    // As slow as a real kitchen, so that orders can be cancelled all the while.
    let options = [&["--speed", "1"], options].concat();
    let pizza = Pizza::start(&data.join("data"), &options);
    let mut browser = Command::new("node");
    browser.arg(PAGE).arg(pages.to_string());
    for door in [pizza.http, pizza.https, pizza.admin] {
        browser.arg(door.to_string());
    }
    let output = browser.output().expect("node runs");
    let (said, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{said}{errors}");
    let told: Value = serde_json::from_str(said.trim()).expect("JSON");
    let names = |what: &str| -> Vec<String> {
        let names = told[what].as_array().expect("names").iter();
        names
            .map(|name| name.as_str().expect("a name").to_owned())
            .collect()
    };
    let refused = told["refused"].as_u64().expect("a count");
    (names("tried"), names("effects"), refused)
}

#[test]
fn a_strangers_page_commands_nothing() {
    let data = tempfile::tempdir().expect("a directory");
    let (tried, effects, refused) = tried(free_port(), &[], data.path());
    assert!(tried.len() >= 20, "{tried:?}");
    assert_eq!(effects, [""; 0], "of {tried:?}");
    // All of them arrived, but for what was tried at the operators' door.
    assert!(refused >= tried.len() as u64 - 1, "{refused} refused");
}

/// The planted mistake: the same pages where they are listed as our own. What they try would
/// work, if it were let in.
#[test]
fn the_same_page_commands_much_where_it_is_listed_as_ours() {
    let data = tempfile::tempdir().expect("a directory");
    let pages = free_port();
    let file = data.path().join("open.toml");
    let config = format!(
        "[gateway]\nhosts = [\"rebound.example\"]\n\
         cors_origins = [\"http://strange.example:{pages}\", \"http://127.0.0.1:{pages}\"]\n"
    );
    std::fs::write(&file, config).expect("written");
    let config = file.display().to_string();
    let (_, effects, _) = tried(pages, &["--config", &config], data.path());
    assert!(effects.len() >= 15, "only {effects:?}");
}
