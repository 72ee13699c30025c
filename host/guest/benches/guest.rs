//! What a call into a guest costs: on a warm instance, on a fresh one, with text to carry; and a
//! turn of the probe, handed over whole and through the exports of the contract.
//!
//! `TURNS=10000 WHOLE=true` runs so many of the latter and nothing else, for whoever counts
//! instructions or allocations from outside; `TYPE`, `METHOD`, `ARGUMENTS` and the `REPLY` of
//! whoever is asked make it a turn of another actor.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group};
use pizza_guest::{
    Calls, Grant, HostConfig, Invocation, Manifest, Module, Turn, TypeSettings, WasmHost,
};
use pizza_types::{ActorId, CallError, MessageId};
use tokio::runtime::Runtime;

use fixture::{fresh, hostile, turn};

#[path = "../../../actors/compile.rs"]
mod compile;
#[path = "../tests/guest/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;

fn calls(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let warm = runtime.block_on(hostile(|_| ()));
    let cold = runtime.block_on(hostile(fresh));
    let mut group = criterion.benchmark_group("guest");
    group.bench_function("warm instance", |bencher| {
        let call = || warm.module.run(turn("turns", ""));
        bencher.to_async(&runtime).iter(call);
    });
    group.bench_function("fresh instance", |bencher| {
        let call = || cold.module.run(turn("turns", ""));
        bencher.to_async(&runtime).iter(call);
    });
    group.bench_function("64 effects", |bencher| {
        let call = || warm.module.run(turn("effects", "[64]"));
        bencher.to_async(&runtime).iter(call);
    });
    for whole in [true, false] {
        let sample = runtime.block_on(Sample::load(whole));
        let name = format!("probe, {}", if whole { "whole" } else { "by its exports" });
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| sample.run());
        });
    }
    let text = format!("[{:?}]", "x".repeat(4_096));
    group.throughput(Throughput::Bytes(4_096));
    group.bench_function("4 KiB of text", |bencher| {
        let call = || cold.module.run(turn("length", &text));
        bencher.to_async(&runtime).iter(call);
    });
    group.finish();
}

/// A turn of an actor, one way.
struct Sample {
    module: Arc<Module>,
    actor: ActorId,
    method: Arc<str>,
    arguments: Bytes,
    others: Arc<Others>,
    _host: WasmHost,
}

/// A note, an event, a message and an entry.
const STEPS: &str = r#"{"steps":[{"note":"something to remember"},
    {"publish":{"stream":"probe-events","key":"a","payload":"{}"}},
    {"send":{"key":"b","steps":"[]","delayMs":0}},
    {"row":{"key":"k","value":"v"}}]}"#;

fn setting(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

impl Sample {
    async fn load(whole_turns: bool) -> Self {
        let actor_type = setting("TYPE", "probe");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let compiled = compile::compile(&root, &[&actor_type]).expect("the actor compiles");
        let wasm = std::fs::read(compiled.join(compile::file(&actor_type))).expect("a component");
        let host = WasmHost::new(HostConfig::default()).expect("an engine");
        let settings = TypeSettings {
            grant: Grant::Exactly(Manifest::everything()),
            whole_turns,
            ..TypeSettings::default()
        };
        let module = host.load(&actor_type, &wasm, settings).await;
        Self {
            module: module.expect("the module loads"),
            actor: ActorId::new(actor_type, "a-1").expect("a valid id"),
            method: setting("METHOD", "act").into(),
            arguments: setting("ARGUMENTS", STEPS).into(),
            others: Arc::new(Others(setting("REPLY", "null").into())),
            _host: host,
        }
    }

    async fn run(&self) {
        let invocation = Invocation::call(Arc::clone(&self.method), self.arguments.clone());
        let (actor, id) = (self.actor.clone(), MessageId([7; 16]));
        let turn = Turn {
            calls: Arc::clone(&self.others) as _,
            ..Turn::alone(actor, invocation, id, 1_800_000_000_000)
        };
        let outcome = self.module.run(turn).await.expect("an outcome");
        assert!(!outcome.declined, "{outcome:?}");
    }
}

/// All who are asked say the same.
struct Others(Bytes);

#[async_trait]
impl Calls for Others {
    async fn call(&self, _: ActorId, _: Arc<str>, _: Bytes) -> Result<Bytes, CallError> {
        Ok(self.0.clone())
    }
}

criterion_group!(benches, calls);

fn main() {
    let turns: u64 = setting("TURNS", "0").parse().expect("a number of turns");
    if turns == 0 {
        benches();
        Criterion::default().configure_from_args().final_summary();
        return;
    }
    let whole = setting("WHOLE", "true").parse().expect("true or false");
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let sample = Sample::load(whole).await;
        for _ in 0..turns {
            sample.run().await;
        }
    });
}
