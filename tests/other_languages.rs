//! An actor that is not written in Rust runs beside those that are.

mod common;

use std::path::Path;
use std::process::Command;

use common::Pizza;
use serde_json::{Value, json};

/// Its engine alone is 12 MB, and this compiler is not an optimised one.
const PATIENT: &str = "[silo.modules]\ncompile_cpu_s = 170\ncompile_ms = 170000\n";

fn succeeded(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    output.stdout
}

/// Builds it with the versions of its lock file, under `target`.
fn component(root: &Path) -> std::path::PathBuf {
    let source = root.join("actors/examples/greeter-js");
    let place = root.join("target/examples/greeter-js");
    std::fs::create_dir_all(&place).expect("a folder");
    let lock = std::fs::read(source.join("package-lock.json")).expect("a lock file");
    let installed = place.join("installed.json");
    if std::fs::read(&installed).ok().as_ref() != Some(&lock) {
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(source.join(file), place.join(file)).expect("copied");
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"]);
        succeeded(npm.current_dir(&place));
        std::fs::write(&installed, &lock).expect("noted");
    }
    std::fs::copy(source.join("build.mjs"), place.join("build.mjs")).expect("copied");
    let wasm = place.join("greeter.wasm");
    let mut node = Command::new("node");
    node.arg("build.mjs").arg(&wasm).arg(&source);
    node.arg(root.join("wit/silo"));
    succeeded(node.current_dir(&place));
    wasm
}

#[test]
fn javascript_serves_beside_rust() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wasm = component(root);
    let data = tempfile::tempdir().expect("a folder");
    let config = data.path().join("patient.toml");
    std::fs::write(&config, PATIENT).expect("written");
    let config = config.display().to_string();
    let home = data.path().join("data");
    let pizza = Pizza::start(&home, &["--config", &config]);
    let mut push = Command::new(env!("CARGO_BIN_EXE_pizza"));
    push.args(["module", "push"]).arg(&wasm);
    push.args(["--type", "greeter", "--activate", "--json"]);
    push.args(["--admin", &pizza.admin.to_string(), "--data"]);
    let pushed: Value = serde_json::from_slice(&succeeded(push.arg(&home))).expect("JSON");
    assert_eq!(pushed["module"]["schema"], 1, "{pushed}");

    let greet = |pizza: &Pizza, name: &str| {
        let path = "/api/actors/greeter/hall/greet";
        let answer = pizza.post(path, &json!({ "name": name }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let greeting = |times: u32| json!({"ok": {"text": "Hello Ädä, says hall", "times": times}});
    assert_eq!(greet(&pizza, "Ädä"), greeting(1));
    assert_eq!(greet(&pizza, "Ädä"), greeting(2));
    // What declines leaves no trace.
    let path = "/api/actors/greeter/hall/greet";
    let refused = pizza.post(path, &json!({"name": " "}));
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("there is nobody to greet"));
    let read = |pizza: &Pizza, key: &str| {
        let path = format!("/api/actors/greeter/{key}/greeted");
        pizza.post(&path, &json!({})).json()
    };
    assert_eq!(read(&pizza, "hall"), json!(["Ädä"]));
    assert_eq!(read(&pizza, "door"), json!([]));
    let order = pizza.order();
    let beside = pizza.get(&format!("/api/orders/{order}"));
    assert_eq!(beside.status, 200, "{}", beside.text());

    // Its state is as durable as that of any other.
    pizza.kill();
    let pizza = Pizza::start(&home, &["--config", &config]);
    assert_eq!(greet(&pizza, "Ädä"), greeting(3));
}
