//! A plugin can answer, and do nothing else: each way to misbehave ends at a bound that the
//! answer names, and costs the actor that asks a bounded time and nothing of its own.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pizza_guest::{Grant, LoadError, Manifest, Module, TypeSettings, WasmHost};
use pizza_types::{ActorId, Outcome};

use crate::fixture::{component, host, turn};

const ASKER: &str = include_str!("asker.wat");
const STRANGER: &str = include_str!("stranger.wat");

struct Asker {
    host: Arc<WasmHost>,
    module: Arc<Module>,
}

fn actor() -> ActorId {
    ActorId::new("hostile", "a").expect("a valid id")
}

impl Asker {
    async fn new() -> Self {
        let host = host();
        let settings = TypeSettings {
            grant: Grant::Exactly(Manifest::everything()),
            ..TypeSettings::default()
        };
        let loaded = host.load("hostile", &component(ASKER), settings).await;
        let module = loaded.expect("the asker loads");
        Self { host, module }
    }

    async fn with_stranger() -> Self {
        let asker = Self::new().await;
        asker.bind("one").await;
        asker
    }

    async fn bind(&self, name: &str) {
        let plugin = self.host.load_plugin(&component(STRANGER)).await;
        let plugin = plugin.expect("it asks for nothing");
        self.host.plugins().bind(actor(), name.to_owned(), plugin);
    }

    async fn run(&self, method: &str, arguments: &str) -> Outcome {
        let outcome = self.module.run(turn(method, arguments)).await;
        outcome.expect("whatever the plugin does, the turn goes on")
    }

    async fn ask(&self, function: &str, arguments: &str) -> String {
        let outcome = self
            .run("ask", &format!("[{function:?}, {arguments:?}]"))
            .await;
        String::from_utf8(outcome.reply.to_vec()).expect("JSON is text")
    }
}

#[tokio::test]
async fn who_has_no_plugin_is_told_so() {
    let asker = Asker::new().await;
    assert_eq!(asker.ask("calls", "[]").await, r#"{"err":"unbound"}"#);
    assert_eq!(asker.run("bound", "").await.reply, "null");
    asker.bind("one").await;
    assert_eq!(asker.run("bound", "").await.reply, r#""one""#);
    assert_eq!(asker.ask("calls", "[]").await, r#"{"ok":"1"}"#);
    assert!(asker.host.plugins().unbind(&actor()));
    assert!(!asker.host.plugins().unbind(&actor()));
    assert_eq!(asker.ask("calls", "[]").await, r#"{"err":"unbound"}"#);
}

#[tokio::test]
async fn each_call_has_an_instance_of_its_own() {
    let asker = Asker::with_stranger().await;
    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(asker.ask("calls", "[]").await, r#"{"ok":"1"}"#);
    }
    let each = begun.elapsed() / 100;
    drop(writeln!(std::io::stderr(), "a question takes {each:?}"));
    assert!(each < Duration::from_millis(20), "{each:?}");
}

/// What it does, and how the answer names the bound.
const HOSTILE: [(&str, &str, &str); 8] = [
    ("loop", "[]", "cpu: the turn used more than 5 ms"),
    ("trap", "[]", "trap: "),
    ("recurse", "[0]", "stack: "),
    (
        "allocate",
        "[]",
        "memory: the guest wanted more than 8388608 bytes",
    ),
    ("text", "[5000000]", "transfer: "),
    ("text", "[70000]", "transfer: "),
    ("texts", "[999000]", "transfer: "),
    ("texts", "[2000000000]", "trap: "),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn misbehaviour_ends_at_a_bound() {
    let asker = Asker::with_stranger().await;
    for (function, arguments, bound) in HOSTILE {
        let begun = Instant::now();
        let answer = asker.ask(function, arguments).await;
        let took = begun.elapsed();
        let line = format!("{function}{arguments}: stopped after {took:?}: {answer}");
        drop(writeln!(std::io::stderr(), "{line}"));
        let named = format!(r#"{{"err":{{"failed":"{bound}"#);
        assert!(answer.starts_with(&named), "{line}");
        assert!(took < Duration::from_secs(2), "{line}");
    }
    let figures = asker.host.plugins().find(&actor()).expect("bound").stats();
    assert_eq!((figures.asked, figures.failed), (8, 8));
    assert!(
        figures
            .last_failure
            .is_some_and(|why| why.starts_with("trap"))
    );
    assert_eq!(asker.ask("calls", "[]").await, r#"{"ok":"1"}"#);
}

#[tokio::test]
async fn what_does_not_fit_is_told() {
    let asker = Asker::with_stranger().await;
    for (function, arguments, part) in [
        ("nowhere", "[]", "method"),
        ("text", "[\"x\"]", "arguments"),
        ("text", "{\"size\": 1, \"more\": 2}", "arguments"),
        ("text", "no JSON", "arguments"),
    ] {
        let answer = asker.ask(function, arguments).await;
        let named = format!(r#"{{"err":{{"unfit":"{part}: "#);
        assert!(answer.starts_with(&named), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_cpu_time_is_not_the_actors() {
    // A hundred milliseconds of loops would be the end of a turn of fifty.
    let asker = Asker::with_stranger().await;
    let begun = Instant::now();
    let outcome = asker.run("ask-often", r#"[20, "loop", "[]"]"#).await;
    let took = begun.elapsed();
    let answer = String::from_utf8_lossy(&outcome.reply).into_owned();
    assert!(answer.contains("this turn has waited 100 ms"), "{answer}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    let figures = asker.host.plugins().find(&actor()).expect("bound").stats();
    assert!((1..20).contains(&figures.asked), "{figures:?}");
}

#[tokio::test]
async fn a_flood_of_log_lines_costs_little() {
    let asker = Asker::with_stranger().await;
    let begun = Instant::now();
    let answer = asker.ask("talk", "[1000]").await;
    assert_eq!(answer, r#"{"ok":""}"#);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

async fn refusal(text: &str) -> LoadError {
    let loaded = host().load_plugin(&component(text)).await;
    loaded.err().expect("it is refused")
}

#[tokio::test]
async fn a_plugin_imports_nothing_but_the_log() {
    for name in [
        "silo:actor/state@0.1.0",
        "silo:actor/calls@0.1.0",
        "silo:actor/context@0.1.0",
        "silo:actor/plugins@0.1.0",
        "things:meter/meter-client@0.1.0",
        "wasi:clocks/monotonic-clock@0.2.6",
        "wasi:random/random@0.2.6",
        "wasi:cli/environment@0.2.6",
        "wasi:filesystem/preopens@0.2.6",
        "wasi:sockets/network@0.2.6",
        "wasi:http/outgoing-handler@0.2.6",
    ] {
        let text = format!(r#"(component (import "{name}" (instance (export "f" (func)))))"#);
        let error = refusal(&text).await;
        let LoadError::ForbiddenImport {
            name: named,
            allowed,
        } = &error
        else {
            panic!("{error:?}");
        };
        assert_eq!(named, name);
        assert_eq!(allowed, "silo:actor/log");
    }
    let bare = refusal(r#"(component (import "f" (func)))"#).await;
    assert!(
        matches!(bare, LoadError::ForbiddenImport { .. }),
        "{bare:?}"
    );
}

#[tokio::test]
async fn one_that_cannot_start_is_refused() {
    let start = |body: &str| {
        format!(
            r#"(component (core module $m {body} (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $x (export "f" (func $f))) (export "x:x/x" (instance $x)))"#
        )
    };
    for (body, part) in [
        ("(func $s (loop (br 0))) (start $s)", "5 ms"),
        ("(func $s unreachable) (start $s)", "unreachable"),
        ("(memory 65536)", "memory"),
        ("(table 20000 funcref)", "table"),
    ] {
        let begun = Instant::now();
        let error = refusal(&start(body)).await.to_string();
        assert!(error.contains(part), "{body}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{body}");
    }
    assert!(matches!(refusal("(component)").await, LoadError::NoExports));
    for wasm in [
        &b"\0asm\x01\0\0\0"[..],
        b"",
        b"plugin",
        b"\0asm\x0d\0\x01\0rest",
    ] {
        assert!(host().load_plugin(wasm).await.is_err(), "{wasm:?}");
    }
}
