//! Actors that are not written in Rust run beside those that are.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use common::Pizza;
use serde_json::{Value, json};
use tempfile::TempDir;

/// An example, and how it becomes a component. The commands are a shell's, and run in a folder
/// under `target`.
struct Example {
    folder: &'static str,
    /// What says which versions to install.
    pins: &'static [&'static str],
    install: &'static str,
    build_script: &'static str,
    /// Before the component, the folder of its source and that of the platform's contracts.
    build: &'static str,
}

const JAVASCRIPT: Example = Example {
    folder: "greeter-js",
    pins: &["package.json", "package-lock.json"],
    install: "npm ci --no-audit --no-fund",
    build_script: "build.mjs",
    build: "node build.mjs",
};

const PYTHON: Example = Example {
    folder: "greeter-py",
    pins: &["requirements.txt"],
    install: "python3 -m venv --clear venv
        venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt",
    build_script: "build.py",
    build: "venv/bin/python build.py",
};

/// Each keeps a core busy for a minute, and a compiler has its time by the clock, too.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn shell(script: &str, folder: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-ec", script, "sh"]).current_dir(folder);
    shell
}

fn succeeded(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    output.stdout
}

impl Example {
    /// Builds it with the versions that it pins, under `target`.
    fn component(&self) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let source = root.join("actors/examples").join(self.folder);
        let place = root.join("target/examples").join(self.folder);
        std::fs::create_dir_all(&place).expect("a folder");
        let pin = |file: &&str| std::fs::read(source.join(file)).expect("a file");
        let pins: Vec<u8> = self.pins.iter().flat_map(pin).collect();
        let installed = place.join("installed");
        if std::fs::read(&installed).ok().as_ref() != Some(&pins) {
            for file in self.pins {
                std::fs::copy(source.join(file), place.join(file)).expect("copied");
            }
            succeeded(&mut shell(self.install, &place));
            std::fs::write(&installed, &pins).expect("noted");
        }
        let script = self.build_script;
        std::fs::copy(source.join(script), place.join(script)).expect("copied");
        let wasm = place.join("greeter.wasm");
        let mut build = shell(&format!("exec {} \"$@\"", self.build), &place);
        succeeded(build.args([&wasm, &source, &root.join("wit/silo")]));
        wasm
    }
}

/// A greeter that serves, and the folder of its pizzeria.
struct World {
    pizza: Pizza,
    _folder: TempDir,
}

impl World {
    fn greet(&self, name: &str) -> Value {
        let path = "/api/actors/greeter/hall/greet";
        let answer = self.pizza.post(path, &json!({ "name": name }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    fn greeted(&self, key: &str) -> Value {
        let path = format!("/api/actors/greeter/{key}/greeted");
        self.pizza.post(&path, &json!({})).json()
    }
}

fn greeting(times: u32) -> Value {
    json!({"ok": {"text": "Hello Ädä, says hall", "times": times}})
}

fn pushed(wasm: &Path, pizza: &Pizza, data: &Path) -> Value {
    let mut push = Command::new(env!("CARGO_BIN_EXE_pizza"));
    push.args(["module", "push"]).arg(wasm);
    push.args(["--type", "greeter", "--activate", "--json"]);
    push.args(["--admin", &pizza.admin.to_string(), "--data"]);
    serde_json::from_slice(&succeeded(push.arg(data))).expect("JSON")
}

/// The bounds are those that a pizzeria has when nobody sets any. It has greeted three times
/// when this returns.
fn serves_beside_rust(example: &Example) -> World {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let wasm = example.component();
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut world = World {
        pizza: Pizza::start(&data, &[]),
        _folder: folder,
    };
    let pushed = pushed(&wasm, &world.pizza, &data);
    assert_eq!(pushed["module"]["schema"], 1, "{pushed}");

    assert_eq!(world.greet("Ädä"), greeting(1));
    assert_eq!(world.greet("Ädä"), greeting(2));
    // What declines leaves no trace.
    let path = "/api/actors/greeter/hall/greet";
    let refused = world.pizza.post(path, &json!({"name": " "}));
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("there is nobody to greet"));
    assert_eq!(world.greeted("hall"), json!(["Ädä"]));
    assert_eq!(world.greeted("door"), json!([]));
    let order = world.pizza.order();
    let beside = world.pizza.get(&format!("/api/orders/{order}"));
    assert_eq!(beside.status, 200, "{}", beside.text());

    // Its state is as durable as that of any other.
    world.pizza.kill_and_wait();
    world.pizza = Pizza::start(&data, &[]);
    assert_eq!(world.greet("Ädä"), greeting(3));
    world
}

#[test]
fn javascript_serves_beside_rust() {
    serves_beside_rust(&JAVASCRIPT);
}

#[test]
fn python_serves_beside_rust() {
    let world = serves_beside_rust(&PYTHON);
    // What componentize-py calls while it builds is exported still. Whoever calls it spoils
    // one instance, which is thrown away, and nothing else.
    let kinds = [
        "exports",
        "resources",
        "records",
        "flags",
        "tuples",
        "variants",
        "enums",
        "options",
        "results",
    ];
    let symbols: Value = kinds.iter().map(|kind| (*kind, json!([]))).collect();
    let init = json!({"appName": "json", "symbols": symbols, "stubWasi": true});
    let answer = world.pizza.post("/api/actors/greeter/hall/init", &init);
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert_eq!(answer.json()["bound"], "trap", "{}", answer.text());
    assert_eq!(world.greet("Ädä"), greeting(4));
}
