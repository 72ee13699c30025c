//! The command line, on a silo that runs.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::Pizza;

pub(crate) fn run(pizza: &Pizza, data: &Path, words: &[&str]) -> Output {
    let admin = pizza.admin.to_string();
    Command::new(env!("CARGO_BIN_EXE_pizza"))
        .args(words)
        .args(["--admin", &admin, "--data"])
        .arg(data)
        .output()
        .expect("the binary runs")
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn complained(output: &Output) -> String {
    assert!(!output.status.success(), "{}", said(output));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn succeeded(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}{}", said(output));
    said(output)
}

pub(crate) fn json_of(output: &Output) -> Value {
    serde_json::from_str(&succeeded(output)).expect("JSON")
}
