//! What a turn costs in the silo: a command, a query, a command that asks another actor.
//! The store is in memory, so this is everything but the disk.

#[path = "../tests/runtime/fixture.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod fixture;

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use tokio::runtime::Runtime;

use fixture::World;

fn turns(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let world = World::default();
    let probes = runtime.block_on(world.silo("bench"));
    let mut group = criterion.benchmark_group("turn");
    group.bench_function("command", |bencher| {
        let call = || probes.deliver(probes.acting("a", &json!([])));
        bencher.to_async(&runtime).iter(call);
    });
    group.bench_function("command that publishes and sends", |bencher| {
        let steps = json!([
            {"publish": {"stream": "nobody-listens", "key": "k", "payload": "x"}},
            {"send": {"key": "b", "steps": "[]", "delayMs": 0}},
        ]);
        let call = || probes.deliver(probes.acting("a", &steps));
        bencher.to_async(&runtime).iter(call);
    });
    group.bench_function("command that asks another actor", |bencher| {
        let call = || probes.deliver(probes.envelope("a", "relay", &json!([["b"]])));
        bencher.to_async(&runtime).iter(call);
    });
    group.bench_function("query", |bencher| {
        let call = || probes.deliver(probes.envelope("a", "read", &json!({})));
        bencher.to_async(&runtime).iter(call);
    });
    group.finish();
}

criterion_group!(benches, turns);
criterion_main!(benches);
