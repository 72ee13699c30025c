//! A project while somebody works on it: `pizza actor dev`, `update` and `client`, `pizza wit client`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::json;

use crate::actor_authors::toolchain;
use crate::common::Pizza;
use crate::common::operator::{complained, succeeded};

fn pizza(place: &Path, words: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pizza"));
    program
        .args(words)
        .current_dir(place)
        .output()
        .expect("it runs")
}

/// A folder outside the checkout, with a project in it.
fn project(place: &Path, name: &str, language: &str) -> PathBuf {
    succeeded(&pizza(place, &["actor", "new", name, "--lang", language]));
    place.join(name)
}

fn change(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).expect("a file");
    assert!(text.contains(from), "{}: {from}", file.display());
    std::fs::write(file, text.replace(from, to)).expect("a file");
}

/// `pizza actor dev`, and what it says.
struct Dev {
    child: Child,
    lines: Receiver<String>,
}

impl Dev {
    fn start(project: &Path, pizza: &Pizza, data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pizza"))
            .args([
                "actor",
                "dev",
                "--admin",
                &pizza.admin.to_string(),
                "--data",
            ])
            .arg(data)
            .current_dir(project)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let stdout = child.stdout.take().expect("stdout is piped");
        let (to, lines) = mpsc::channel();
        // What it says may never come: whoever waits does so for a bounded time.
        std::thread::spawn(move || {
            let mut said = BufReader::new(stdout).lines().map_while(Result::ok);
            said.all(|line| to.send(line).is_ok())
        });
        Self { child, lines }
    }

    /// The next line that has this in it; what comes before is passed over.
    fn says(&mut self, words: &str) -> String {
        let mut before = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(60)) {
            if line.contains(words) {
                return line;
            }
            before.push(line);
        }
        panic!("it never said {words:?}: {before:#?}")
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A number of milliseconds behind a word of the line.
fn ms(line: &str, word: &str) -> u64 {
    let (_, rest) = line.split_once(word).expect("the word");
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().expect("a number")
}

#[test]
#[allow(clippy::print_stdout, reason = "a measured time")]
fn what_is_saved_serves_and_what_it_does_is_shown() {
    let place = tempfile::tempdir().expect("a folder");
    let data = place.path().join("data");
    let silo = Pizza::start(&data, &[]);
    let project = project(place.path(), "counter", "js");
    let installed = Command::new("npm")
        .args(["ci", "--silent"])
        .current_dir(&project)
        .status();
    assert!(installed.expect("npm runs").success());
    let mut dev = Dev::start(&project, &silo, &data);
    dev.says(" serves ");
    dev.says("follows its files");
    let add = || silo.post("/api/actors/counter/a/add", &json!({"amount": 2}));
    // The first turns may come before somebody looks; from then on each is told.
    let looks = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Not for ever: what waits for it may have failed.
            for _ in 0..20_000 {
                if looks.load(Ordering::Relaxed) {
                    break;
                }
                silo.post("/api/actors/counter/b/add", &json!({"amount": 1}));
            }
        });
        dev.says("counter/b add: handled in ");
        looks.store(true, Ordering::Relaxed);
    });
    add();
    dev.says("counter/a add: handled in ");
    dev.says("counter/a info: a is at 2");
    silo.post("/api/actors/counter/a/add", &json!({"amount": 0}));
    dev.says("counter/a add: declined in ");

    // Saved, and the state is as it was.
    let source = project.join("src/actor.js");
    change(&source, "is at", "has come to");
    assert!(dev.says(" was saved").contains("actor.js"));
    let live = dev.says(" serves ");
    let beyond = ms(&live, "serves") - ms(&live, "build");
    println!("{live}; {beyond} ms beyond the build");
    assert!(beyond < 10_000, "{live}");
    add();
    dev.says("counter/a info: a has come to 4");

    // What cannot be built is said, and what served goes on.
    change(&source, "export const counter =", "export cnst counter =");
    dev.says("what serves stays");
    add();
    dev.says("counter/a info: a has come to 6");
    change(&source, "export cnst counter =", "export const counter =");
    dev.says(" serves ");
    // Nor does what could not read the states that are there.
    change(
        &source,
        "return { total: state.load().total };",
        "return { total: state.load().no.such };",
    );
    let refused = dev.says("it cannot take over the state of counter/");
    assert!(refused.contains("get: the guest trapped"), "{refused}");
    let total = silo.post("/api/actors/counter/a/get", &json!({})).json();
    assert_eq!(total["total"], 6, "{total}");
}

#[test]
fn what_is_the_platforms_is_renewed_and_nothing_else() {
    let place = tempfile::tempdir().expect("a folder");
    for (language, theirs) in [
        ("rust", "sdk/actors/sdk/src/lib.rs"),
        ("js", "silo/state.js"),
        ("python", "wit/deps/silo/state.wit"),
    ] {
        let project = project(place.path(), &format!("renewed-{language}"), language);
        let fresh = succeeded(&pizza(&project, &["actor", "update", "--check"]));
        assert!(fresh.contains("silo:actor 0.1.0"), "{fresh}");
        // As of an older platform, which had a file more; and the author has written something.
        std::fs::write(project.join(theirs), "older").expect("a file");
        let folder = project.join(theirs).parent().expect("a folder").to_owned();
        std::fs::write(folder.join("gone.txt"), "older").expect("a file");
        std::fs::write(project.join("actor.toml.mine"), "mine").expect("a file");
        change(&project.join("README.md"), "An actor", "My actor");
        let stale = complained(&pizza(&project, &["actor", "update", "--check"]));
        assert!(
            stale.contains(theirs) && stale.contains("gone.txt"),
            "{stale}"
        );
        let said = succeeded(&pizza(&project, &["actor", "update"]));
        assert_eq!(said.lines().count(), 3, "{said}");
        succeeded(&pizza(&project, &["actor", "update", "--check"]));
        assert!(!folder.join("gone.txt").exists());
        let readme = std::fs::read_to_string(project.join("README.md")).expect("a file");
        assert!(readme.contains("My actor"), "{language}");
        assert!(project.join("actor.toml.mine").exists());
    }
}

#[test]
fn an_actor_of_another_project_is_called_by_a_typed_client() {
    let place = tempfile::tempdir().expect("a folder");
    let (caller, ledger) = (
        project(place.path(), "caller", "rust"),
        project(place.path(), "ledger", "rust"),
    );
    // What the ledger itself calls is none of the caller's business.
    succeeded(&pizza(&ledger, &["wit", "client"]));
    succeeded(&pizza(&ledger, &["wit", "client", "--check"]));
    let own = std::fs::read_to_string(ledger.join("wit/client.wit")).expect("a client");
    assert!(own.contains("interface ledger-client"), "{own}");
    let said = succeeded(&pizza(&caller, &["actor", "client", "../ledger"]));
    let import = "import actors:ledger/ledger-client@0.1.0;";
    assert!(said.contains(import), "{said}");
    let contract = std::fs::read_to_string(caller.join("wit/ledger/ledger.wit"));
    assert!(!contract.expect("a contract").contains("world"));

    // The two lines, and a call.
    let include = "include silo:actor/host@0.1.0;";
    let world = format!("{include}\n    {import}");
    change(&caller.join("wit/caller.wit"), include, &world);
    let source = caller.join("src/lib.rs");
    change(
        &source,
        "\"calls\": [] //-call",
        "\"calls\": [\"ledger.*\"]",
    );
    let add = "self.total += u64::from(amount);";
    let call =
        "bindings::clients::LedgerClient::of(\"all\").add(amount).map_err(|e| e.to_string())?;";
    change(&source, add, &format!("{add}\n        {call}"));
    let answer = "let host = Host::new(\"caller\", \"first\");";
    let ledgers = "host.answer(\"ledger\", \"add\", |_, of| silo_sdk::testing::ok(of[\"amount\"].as_u64().map(|total| bindings::actors::ledger::types::LedgerState { total })));";
    change(&source, answer, &format!("{answer}\n        {ledgers}"));
    // A third project calls the caller, whose own client it imports it does not need.
    let third = project(place.path(), "third", "js");
    succeeded(&pizza(&third, &["actor", "client", "../caller"]));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut test = Command::new("cargo");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG")) {
        test.env_remove(name);
    }
    let tested = test
        .args(["test", "--quiet"])
        .current_dir(&caller)
        .env("CARGO_TARGET_DIR", root.join("target/author/target"))
        .env("RUSTUP_TOOLCHAIN", toolchain())
        .output()
        .expect("cargo runs");
    let told = String::from_utf8_lossy(&tested.stdout);
    let errors = String::from_utf8_lossy(&tested.stderr);
    assert!(tested.status.success(), "{told}{errors}");
    assert!(told.contains("2 passed"), "{told}");
}

#[test]
fn a_client_that_cannot_be_made_says_what_is_missing() {
    let place = tempfile::tempdir().expect("a folder");
    for (words, told) in [
        (&["wit", "client"][..], "neither wit/pizzeria"),
        (&["wit", "client", "."], "no folder in it has a contract"),
        (&["wit", "client", "nowhere"], "nowhere"),
        (&["actor", "dev"], "pizza actor new"),
        (&["actor", "update"], "pizza actor new"),
    ] {
        // The platform's contracts are there, beside nothing.
        let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("wit/silo");
        let platform = platform.display().to_string();
        let with_platform = [words, &["--platform", &platform]].concat();
        let words = if words[0] == "wit" && words.len() > 2 {
            &with_platform
        } else {
            words
        };
        let why = complained(&pizza(place.path(), words));
        assert!(why.contains(told), "{words:?}: {why}");
        assert!(!why.contains("panicked"), "{words:?}: {why}");
    }
    // A project's `wit` named as a folder of contracts has the platform twice; it was a panic.
    let project = project(place.path(), "plain", "rust");
    let named = ["wit", "client", "wit", "--platform", "wit/silo"];
    let why = complained(&pizza(&project, &named));
    assert!(why.contains("no folder in it has a contract"), "{why}");
}
