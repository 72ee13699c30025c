//! The systems in `actors/examples` that have nothing to do with a pizzeria: what their READMEs say is
//! typed on a real pizzeria, and then they have to stand more than that.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{Pizza, exchange, page, until};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str) -> PathBuf {
    root().join("actors/examples").join(name)
}

/// An example, and a pizzeria that it runs on.
struct World {
    pizza: Pizza,
    folder: TempDir,
    readme: String,
}

impl World {
    fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let readme = std::fs::read_to_string(example(name).join("README.md"));
        Self {
            pizza: Pizza::start(&folder.path().join("data"), &[]),
            folder,
            readme: readme.expect("a README"),
        }
    }

    /// Types what the README says between two headings, the second of which may be its end.
    fn follow(&self, from: &str, to: &str) {
        let (_, part) = self.readme.split_once(from).expect("a beginning");
        let part = part.split_once(to).map_or(part, |(part, _)| part);
        let data = self.folder.path().join("data");
        let promised = page::follow(&self.pizza, &data, root(), part);
        assert!(promised > 0, "{part} promises nothing");
    }

    fn kill_and_start_again(&mut self) {
        self.pizza.kill_and_wait();
        self.pizza = Pizza::start(&self.folder.path().join("data"), &[]);
    }

    fn ask(&self, actor: &str, method: &str, arguments: &Value) -> (u16, Value) {
        let path = format!("/api/actors/{actor}/{method}");
        let answer = self.pizza.post(&path, arguments);
        (answer.status, answer.json())
    }

    fn get(&self, actor: &str, method: &str) -> Value {
        let (status, value) = self.ask(actor, method, &json!({}));
        assert_eq!(status, 200, "{actor} {method}: {value}");
        value
    }
}

#[test]
fn a_hot_quota_gives_each_call_once() {
    let mut world = World::of("quota");
    world.follow("## Run it", "\n## ");
    let plan = json!({"plan": {"calls": 150, "windowMs": 86_400_000}});
    assert_eq!(world.ask("quota/hot", "set-plan", &plan).0, 200);
    let (given, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                for _ in 0..25 {
                    let (status, answer) = world.ask("quota/hot", "take", &json!({"calls": 1}));
                    match status {
                        200 => given.fetch_add(1, Ordering::Relaxed),
                        409 => refused.fetch_add(1, Ordering::Relaxed),
                        _ => panic!("{status}: {answer}"),
                    };
                }
            });
        }
    });
    assert_eq!((given.into_inner(), refused.into_inner()), (150, 50));
    world.kill_and_start_again();
    assert_eq!(world.get("quota/hot", "get")["left"], 0);
    assert_eq!(world.get("quota/acme", "get")["left"], 2);
}

/// Says lines until the pizzeria is gone; those that were acknowledged are counted.
fn talk(world: &World, said: &AtomicUsize) {
    let path = "/api/actors/room/hall/say";
    loop {
        let text = format!("line {}", said.load(Ordering::Relaxed) + 1);
        let body = json!({"member": "cy", "text": text}).to_string();
        let answer = TcpStream::connect(world.pizza.http)
            .ok()
            .and_then(|stream| exchange(stream, "POST", path, &[], Some(body.as_bytes())));
        match answer {
            Some(answer) if answer.status == 200 => said.fetch_add(1, Ordering::Relaxed),
            _ => return,
        };
    }
}

#[test]
fn a_chat_room_tells_each_line_once_whatever_is_killed() {
    let mut world = World::of("chat-room");
    world.follow("## Run it", "\n## ");
    for member in ["cy", "di"] {
        let join = json!({ "member": member });
        assert_eq!(world.ask("room/hall", "join", &join).0, 200);
    }
    let said = AtomicUsize::new(0);
    thread::scope(|threads| {
        threads.spawn(|| talk(&world, &said));
        until("some lines", || {
            (said.load(Ordering::Relaxed) >= 40).then_some(())
        });
        world.pizza.kill_now();
    });
    world.kill_and_start_again();
    let last = json!({"member": "cy", "text": "last"});
    let (status, line) = world.ask("room/hall", "say", &last);
    assert_eq!(status, 200, "{line}");
    // One more than was acknowledged may have been said when it died.
    let total = line["ok"]["number"].as_u64().expect("a number");
    let said = u64::try_from(said.into_inner()).expect("a number");
    assert!((said + 1..=said + 2).contains(&total), "{said}, {total}");
    for member in ["member/cy", "member/di"] {
        until("all of it", || {
            (world.get(member, "unread") == total).then_some(())
        });
        let mut numbers = Vec::new();
        while u64::try_from(numbers.len()).expect("a number") < total {
            let (_, page) = world.ask(member, "read", &json!({"limit": 30}));
            let page = page["ok"].as_array().expect("lines").clone();
            assert!(!page.is_empty(), "{numbers:?} of {total}");
            numbers.extend(page.iter().map(|line| line["number"].as_u64()));
        }
        assert_eq!(numbers, (1..=total).map(Some).collect::<Vec<_>>());
        assert_eq!(world.get(member, "unread"), 0);
    }
}

/// So many payments to each of two payees.
const PAYMENTS: usize = 20;

/// The payments to this payee that are at this stage.
fn at(world: &World, payee: &str, stage: &str) -> usize {
    let stages = (0..PAYMENTS).map(|n| world.get(&format!("payment/{payee}-{n}"), "get"));
    stages.filter(|found| found == stage).count()
}

/// What became of the payments in an account: how many of each.
fn entries(world: &World, account: &str, kind: &str) -> usize {
    let entries = world.get(&format!("account/{account}"), "entries");
    let entries = entries.as_array().expect("a list");
    let is_kind = |entry: &&Value| entry[1] == kind || entry[1].get(kind).is_some();
    entries.iter().filter(is_kind).count()
}

#[test]
fn a_payment_happens_or_is_undone_once_whatever_is_killed() {
    let mut world = World::of("payment-saga");
    world.follow("## Run it", "\n## Kill it");
    world.kill_and_start_again();
    world.follow("## Kill it", "\n## ");

    for (account, balance) in [("payer", 1_000), ("open", 0)] {
        let open = json!({ "balance": balance });
        assert_eq!(
            world.ask(&format!("account/{account}"), "open", &open).0,
            200
        );
    }
    for n in 0..PAYMENTS {
        // In the time that the last one has there is a restart.
        for (payee, patience_ms) in [("open", 60_000), ("closed", 1_000 + 100 * n)] {
            let transfer =
                json!({"from": "payer", "to": payee, "amount": 3, "patienceMs": patience_ms});
            let path = format!("payment/{payee}-{n}");
            let (status, answer) = world.ask(&path, "pay", &json!({ "transfer": transfer }));
            assert_eq!(status, 200, "{answer}");
        }
    }
    // Once while steps are on their way, and once between two that are undone.
    world.kill_and_start_again();
    until("one to be undone", || {
        (at(&world, "closed", "undone") > 0).then_some(())
    });
    world.kill_and_start_again();
    until("all to be undone", || {
        (at(&world, "closed", "undone") == PAYMENTS).then_some(())
    });
    until("all to be paid", || {
        (at(&world, "open", "paid") == PAYMENTS).then_some(())
    });

    assert_eq!(world.get("account/payer", "balance"), 1_000 - 3 * PAYMENTS);
    assert_eq!(world.get("account/open", "balance"), 3 * PAYMENTS);
    assert_eq!(world.get("account/closed", "balance"), 0);
    assert_eq!(entries(&world, "payer", "givenBack"), PAYMENTS);
    assert_eq!(entries(&world, "payer", "withdrawn"), PAYMENTS);
    assert_eq!(entries(&world, "open", "deposited"), PAYMENTS);
    assert_eq!(entries(&world, "closed", "calledOff"), PAYMENTS);
}

/// Lines with something on them that somebody wrote: sources, contracts and tests.
fn lines(folder: &Path) -> usize {
    let mut lines = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is_generated = path.ends_with("client.wit");
        if path.is_dir() {
            lines += self::lines(&path);
        } else if path
            .extension()
            .is_some_and(|end| end == "rs" || end == "wit")
            && !is_generated
        {
            let text = std::fs::read_to_string(path).expect("a text");
            lines += text.lines().filter(|line| !line.trim().is_empty()).count();
        }
    }
    lines
}

#[test]
fn an_example_can_be_read_at_a_sitting() {
    for name in ["chat-room", "payment-saga", "quota"] {
        let lines = lines(&example(name));
        assert!((100..300).contains(&lines), "{name}: {lines} lines");
    }
}

#[test]
fn the_generated_client_is_fresh() {
    let mut pizza = Command::new(env!("CARGO_BIN_EXE_pizza"));
    pizza
        .args(["wit", "client", "--check"])
        .arg(example("payment-saga/wit"));
    let checked = pizza.current_dir(root()).output().expect("it runs");
    let complaint = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success(), "{complaint}");
}
