//! Actors that are not written in Rust run beside those that are, made as `docs/actors.md` says; and all
//! that a template has to switch on works.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use crate::common::{Pizza, until};
use serde_json::{Value, json};
use tempfile::TempDir;

const PAGE: &str = include_str!("../../docs/actors.md");
const FEATURES: [&str; 5] = ["timer", "reminder", "stream", "call", "migration"];

/// A compiler keeps a core busy for half a minute, and has its time by the clock, too.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// What the page tells to type, under this heading.
fn told(heading: &str) -> &'static str {
    let (_, page) = PAGE.split_once(heading).expect("a heading");
    let (_, page) = page.split_once("```sh\n").expect("commands");
    page.split_once("```").expect("their end").0
}

fn succeeded(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{errors}");
    said
}

/// A pizzeria, and the folder outside the checkout in which an author works. The bounds are those that a
/// pizzeria has when nobody sets any.
struct Workshop {
    pizza: Pizza,
    folder: TempDir,
}

impl Workshop {
    fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pizza = Pizza::start(&folder.path().join("data"), &[]);
        Self { pizza, folder }
    }

    fn project(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A shell where `pizza` is on the path. Of the pizzeria it is told its port alone, which is not the
    /// usual one: other tests have theirs.
    fn types(&self, place: &Path, commands: &str) -> String {
        let binary = Path::new(env!("CARGO_BIN_EXE_pizza"));
        let programs = binary.parent().expect("a folder").display();
        let path = std::env::var("PATH").expect("a path");
        let mut shell = Command::new("bash");
        shell
            .args(["-ec", commands])
            .current_dir(place)
            .env("PATH", format!("{programs}:{path}"))
            .env("PIZZA_ADMIN", self.pizza.admin.to_string());
        succeeded(&mut shell)
    }

    fn call(&self, actor: &str, method: &str, arguments: &Value) -> (u16, Value) {
        let path = format!("/api/actors/{actor}/{method}");
        let answer = self.pizza.post(&path, arguments);
        (answer.status, answer.json())
    }

    fn add(&self, actor: &str, amount: u32) -> Value {
        let (status, answer) = self.call(actor, "add", &json!({ "amount": amount }));
        assert_eq!(status, 200, "{answer}");
        answer
    }

    fn total(&self, actor: &str) -> Value {
        self.call(actor, "get", &json!({})).1["total"].clone()
    }

    /// As long as it takes until an actor of the ledger is there: a template as it is, and what its stream
    /// needs switched on.
    fn open_ledger(&self) {
        let new = "pizza actor new ledger --lang js && cd ledger && npm ci --silent";
        self.types(self.folder.path(), new);
        let ledger = self.project("ledger");
        self.types(&ledger, &switched_on(&["stream"], &JS));
        let push =
            "npm run --silent build && pizza module push ledger.wasm --type ledger --activate";
        self.types(&ledger, push);
    }
}

/// How a language writes its comments, and where its template has some to switch on.
struct Marks {
    comment: &'static str,
    files: &'static str,
}

const JS: Marks = Marks {
    comment: "//",
    files: "src/actor.js test/actor.test.mjs manifest.mjs wit/*.wit",
};
const PYTHON: Marks = Marks {
    comment: "#",
    files: "src/actor.py test_actor.py manifest.py wit/*.wit",
};

/// The command of each project's README.
fn switched_on(features: &[&str], marks: &Marks) -> String {
    let Marks { comment, files } = marks;
    let sed = |feature: &&str| {
        format!(
            r"sed -i -E -e 's:^( *)({comment}|//)[+]{feature} ?:\1:' -e '\:{comment}-{feature}$:d' {files}"
        )
    };
    features.iter().map(sed).collect::<Vec<_>>().join("\n")
}

/// Types what the page says, calls what comes of it, and starts the pizzeria again.
fn serves_beside_rust(name: &str, heading: &str) -> Workshop {
    let mut workshop = Workshop::open();
    let said = workshop.types(workshop.folder.path(), told(heading));
    assert!(said.contains(r#""total": 2"#), "{said}");
    let hall = format!("{name}/hall");
    assert_eq!(workshop.add(&hall, 3), json!({"ok": {"total": 5}}));
    // What declines leaves no trace.
    let (status, refused) = workshop.call(&hall, "add", &json!({"amount": 0}));
    assert_eq!(status, 409, "{refused}");
    assert!(refused.to_string().contains("there is nothing to add"));
    assert_eq!(workshop.total(&hall), 5);
    assert_eq!(workshop.total(&format!("{name}/door")), 0);
    let order = workshop.pizza.order();
    let beside = workshop.pizza.get(&format!("/api/orders/{order}"));
    assert_eq!(beside.status, 200, "{}", beside.text());

    // Its state is as durable as that of any other.
    workshop.pizza.kill_and_wait();
    workshop.pizza = Pizza::start(&workshop.folder.path().join("data"), &[]);
    assert_eq!(workshop.add(&hall, 1), json!({"ok": {"total": 6}}));
    workshop
}

/// All that the comments of a template switch on, in the actor that has served already.
fn all_of_it_works(workshop: &Workshop, name: &str, marks: &Marks, build: &str) {
    workshop.open_ledger();
    let project = workshop.project(name);
    workshop.types(&project, &switched_on(&FEATURES, marks));
    workshop.types(&project, build);
    let push = format!("pizza module push {name}.wasm --type {name} --activate --force");
    workshop.types(&project, &push);
    // The first turn of the new layout reads the older one.
    let hall = format!("{name}/hall");
    assert_eq!(workshop.add(&hall, 4), json!({"ok": {"total": 10}}));
    assert_eq!(workshop.total("ledger/all"), 4, "the other actor was asked");
    let shown = workshop.types(&project, &format!("pizza actor get {hall} --json"));
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["state"]["schema"], 2, "{shown}");
    assert_eq!(shown["state"]["value"]["additions"], 2, "{shown}");
    assert!(shown["reminders"].to_string().contains("day"), "{shown}");
    // What the ledger publishes under its key is heard by the actor of that key.
    let all = format!("pizza actor get {name}/all --json");
    until("it to hear of the ledger", || {
        let shown = workshop.types(&project, &all);
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        (shown["state"]["value"]["heard"].as_u64() > Some(0)).then_some(())
    });
}

#[test]
fn javascript_serves_beside_rust() {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let workshop = serves_beside_rust("tally-js", "### JavaScript");
    let build = "npm test && npm run --silent build";
    all_of_it_works(&workshop, "tally-js", &JS, build);
}

#[test]
fn python_serves_beside_rust() {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let workshop = serves_beside_rust("tally-py", "### Python");
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
    let (status, answer) = workshop.call("tally-py/hall", "init", &init);
    assert_eq!(status, 500, "{answer}");
    assert_eq!(answer["bound"], "trap", "{answer}");
    assert_eq!(workshop.total("tally-py/hall"), 6);
    let build = ".venv/bin/python -m unittest && .venv/bin/python build.py";
    all_of_it_works(&workshop, "tally-py", &PYTHON, build);
}
