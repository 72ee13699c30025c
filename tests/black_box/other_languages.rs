//! Actors that are not written in Rust run beside those that are, made as `docs/actors.md` says.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::common::Pizza;
use serde_json::{Value, json};
use tempfile::TempDir;

const PAGE: &str = include_str!("../../docs/actors.md");

/// Each keeps a core busy for a minute, and a compiler has its time by the clock, too.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What the page tells to type, under this heading.
fn told(heading: &str) -> &'static str {
    let (_, page) = PAGE.split_once(heading).expect("a heading");
    let (_, page) = page.split_once("```sh\n").expect("commands");
    page.split_once("```").expect("their end").0
}

/// A checkout of what an example needs, without what somebody has built in it.
fn checkout(example: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = root.join("target/examples/checkout");
    let folder = Path::new("actors/examples").join(example);
    std::fs::create_dir_all(place.join(&folder)).expect("a folder");
    std::fs::create_dir_all(place.join("wit")).expect("a folder");
    copy(&root.join("wit/silo"), &place.join("wit"));
    for entry in std::fs::read_dir(root.join(&folder)).expect("a folder") {
        let entry = entry.expect("an entry").path();
        let name = entry.file_name().and_then(|name| name.to_str());
        let is_made = name.is_some_and(|name| {
            ["node_modules", ".venv"].contains(&name) || name.ends_with(".wasm")
        });
        if !is_made {
            copy(&entry, &place.join(&folder));
        }
    }
    place
}

fn copy(from: &Path, into: &Path) {
    succeeded(Command::new("cp").arg("-R").arg(from).arg(into));
}

fn succeeded(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{errors}");
    said
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

/// Types what the page says, where `pizza` is found and knows its silo. The bounds are those
/// that a pizzeria has when nobody sets any. It has greeted Ada once and Ädä three times when this
/// returns.
fn serves_beside_rust(example: &str, heading: &str) -> World {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut world = World {
        pizza: Pizza::start(&data, &[]),
        _folder: folder,
    };
    let binary = Path::new(env!("CARGO_BIN_EXE_pizza"));
    let programs = binary.parent().expect("a folder").display();
    let path = std::env::var("PATH").expect("a path");
    let mut shell = Command::new("bash");
    shell
        .args(["-ec", told(heading)])
        .current_dir(checkout(example))
        .env("PATH", format!("{programs}:{path}"))
        .env("PIZZA_ADMIN", world.pizza.admin.to_string())
        .env("PIZZA_DATA", &data);
    let said = succeeded(&mut shell);
    assert!(said.contains("Hello Ada, says hall"), "{said}");

    assert_eq!(world.greet("Ädä"), greeting(1));
    assert_eq!(world.greet("Ädä"), greeting(2));
    // What declines leaves no trace.
    let path = "/api/actors/greeter/hall/greet";
    let refused = world.pizza.post(path, &json!({"name": " "}));
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert!(refused.text().contains("there is nobody to greet"));
    assert_eq!(world.greeted("hall"), json!(["Ada", "Ädä"]));
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
    serves_beside_rust("greeter-js", "### JavaScript");
}

#[test]
fn python_serves_beside_rust() {
    let world = serves_beside_rust("greeter-py", "### Python");
    // What componentize-py calls while it builds is exported still. A caller of it spoils
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
